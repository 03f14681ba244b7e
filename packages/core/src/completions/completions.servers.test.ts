import { completionsSuite } from './completions.contract.js';

completionsSuite('postgres');
