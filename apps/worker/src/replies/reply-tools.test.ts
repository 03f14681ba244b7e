import { replyToolsSuite, wiresSuite } from './reply-tools.contract.js';

replyToolsSuite('pglite');
wiresSuite();
