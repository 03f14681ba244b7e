import { accessSuite } from '../access.contract.js';

accessSuite('pglite', 'REST');
