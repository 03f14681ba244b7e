import { loadConversationSuite } from './load-conversation.contract.js';

loadConversationSuite('postgres');
