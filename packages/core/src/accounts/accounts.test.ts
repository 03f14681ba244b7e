import { botCommandsSuite } from './bot-commands.contract.js';
import { botsSuite } from './bots.contract.js';
import { misleadingNameSuite } from './misleading-name.contract.js';
import { registerUserSuite } from './register-user.contract.js';
import { removeAccountSuite } from './remove-account.contract.js';
import { updateProfileSuite } from './update-profile.contract.js';
import { changePasswordSuite } from './change-password.contract.js';
import { resetPasswordSuite } from './reset-password.contract.js';
import { searchUsersSuite } from './search-users.contract.js';

misleadingNameSuite('pglite');
registerUserSuite('pglite');
removeAccountSuite('pglite');
updateProfileSuite('pglite');
changePasswordSuite('pglite');
resetPasswordSuite('pglite');
searchUsersSuite('pglite');
botsSuite('pglite');
botCommandsSuite('pglite');
