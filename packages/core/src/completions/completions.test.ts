import { completionsSuite } from './completions.contract.js';

completionsSuite('pglite');
