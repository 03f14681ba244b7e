import { askFromReplySuite } from './ask-from-reply.contract.js';

askFromReplySuite('postgres');
