import { registerUserSuite } from './register-user.contract.js';
import { removeAccountSuite } from './remove-account.contract.js';
import { updateProfileSuite } from './update-profile.contract.js';
import { changePasswordSuite } from './change-password.contract.js';
import { searchUsersSuite } from './search-users.contract.js';

registerUserSuite('pglite');
removeAccountSuite('pglite');
updateProfileSuite('pglite');
changePasswordSuite('pglite');
searchUsersSuite('pglite');
