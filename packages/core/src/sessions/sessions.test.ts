import { chooseRefreshTokenSuite } from './choose-refresh-token.contract.js';
import { deleteSpentSessionsSuite } from './delete-spent-sessions.contract.js';
import { loginSuite } from './login.contract.js';
import { refreshSessionSuite } from './refresh-session.contract.js';
import { logoutSuite } from './logout.contract.js';

loginSuite('pglite');
refreshSessionSuite('pglite');
logoutSuite('pglite');
deleteSpentSessionsSuite('pglite');
chooseRefreshTokenSuite('pglite');
