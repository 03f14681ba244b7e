import { catchUpSuite } from './catch-up.contract.js';

catchUpSuite('postgres');
