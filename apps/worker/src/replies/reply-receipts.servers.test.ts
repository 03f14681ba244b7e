import { replyReceiptsSuite } from './reply-receipts.contract.js';

replyReceiptsSuite('postgres');
