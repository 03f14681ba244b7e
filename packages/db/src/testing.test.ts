import { testingSuite } from './testing.contract.js';

testingSuite('pglite');
