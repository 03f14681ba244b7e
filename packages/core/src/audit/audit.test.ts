import { auditSuite } from './audit.contract.js';

auditSuite('pglite');
