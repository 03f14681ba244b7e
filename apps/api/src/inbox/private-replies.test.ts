import { privateRepliesSuite } from './private-replies.contract.js';

privateRepliesSuite('pglite');
