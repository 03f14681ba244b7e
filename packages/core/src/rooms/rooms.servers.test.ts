import { registerUserSuite } from './register-user.contract.js';

registerUserSuite('postgres');
