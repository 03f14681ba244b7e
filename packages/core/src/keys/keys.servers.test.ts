import { keysSuite } from './keys.contract.js';

keysSuite('postgres');
