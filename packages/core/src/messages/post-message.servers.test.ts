import { postMessageSuite } from './post-message.contract.js';

postMessageSuite('postgres');
