import { replyTurnsSuite } from './reply-turns.contract.js';

replyTurnsSuite('pglite');
