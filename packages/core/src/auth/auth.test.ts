import { changePasswordSuite } from './change-password.contract.js';
import { loginSuite } from './login.contract.js';
import { logoutSuite } from './logout.contract.js';
import { refreshSessionSuite } from './refresh-session.contract.js';
import { searchUsersSuite } from './search-users.contract.js';

loginSuite('pglite');
refreshSessionSuite('pglite');
logoutSuite('pglite');
changePasswordSuite('pglite');
searchUsersSuite('pglite');
