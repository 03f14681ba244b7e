import { replyToolsSuite } from './reply-tools.contract.js';

replyToolsSuite('postgres');
