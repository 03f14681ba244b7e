import { botCommandsSuite } from './bot-commands.contract.js';
import { botsSuite } from './bots.contract.js';
import { misleadingNameSuite } from './misleading-name.contract.js';
import { registerUserSuite } from './register-user.contract.js';
import { removeAccountSuite } from './remove-account.contract.js';
import { updateProfileSuite } from './update-profile.contract.js';
import { changePasswordSuite } from './change-password.contract.js';
import { resetPasswordSuite } from './reset-password.contract.js';
import { searchUsersSuite } from './search-users.contract.js';

misleadingNameSuite('postgres');
registerUserSuite('postgres');
removeAccountSuite('postgres');
updateProfileSuite('postgres');
changePasswordSuite('postgres');
resetPasswordSuite('postgres');
searchUsersSuite('postgres');
botsSuite('postgres');
botCommandsSuite('postgres');
