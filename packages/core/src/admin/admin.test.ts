import { adminSuite } from './admin.contract.js';

adminSuite('pglite');
