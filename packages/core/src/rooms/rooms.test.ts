import { registerUserSuite } from './register-user.contract.js';

registerUserSuite('pglite');
