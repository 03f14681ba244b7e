import { filesSuite } from './files.contract.js';

filesSuite('pglite');
