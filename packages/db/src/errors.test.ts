import { errorsSuite } from './errors.contract.js';

errorsSuite('pglite');
