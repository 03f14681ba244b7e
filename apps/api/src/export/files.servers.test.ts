import { filesSuite } from './files.contract.js';

filesSuite('postgres');
