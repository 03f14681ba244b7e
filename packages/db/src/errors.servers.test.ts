import { errorsSuite } from './errors.contract.js';

errorsSuite('postgres');
