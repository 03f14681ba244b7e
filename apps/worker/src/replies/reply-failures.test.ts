import { replyFailuresSuite } from './reply-failures.contract.js';

replyFailuresSuite('pglite');
