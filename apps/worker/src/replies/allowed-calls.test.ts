import { allowedCallsSuite } from './allowed-calls.contract.js';

allowedCallsSuite('pglite');
