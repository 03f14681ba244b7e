import { valuesSuite } from './values.contract.js';

valuesSuite('postgres');
