import { keysSuite } from './keys.contract.js';

keysSuite('pglite');
