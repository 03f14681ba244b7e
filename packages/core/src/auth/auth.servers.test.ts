import { changePasswordSuite } from './change-password.contract.js';
import { loginSuite } from './login.contract.js';
import { logoutSuite } from './logout.contract.js';
import { refreshSessionSuite } from './refresh-session.contract.js';
import { searchUsersSuite } from './search-users.contract.js';

loginSuite('postgres');
refreshSessionSuite('postgres');
logoutSuite('postgres');
changePasswordSuite('postgres');
searchUsersSuite('postgres');
