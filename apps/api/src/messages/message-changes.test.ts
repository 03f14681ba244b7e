import { messageChangesSuite } from './message-changes.contract.js';

messageChangesSuite('pglite');
