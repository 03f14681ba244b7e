import { sendMessageSuite } from './send-message.contract.js';

sendMessageSuite('pglite');
