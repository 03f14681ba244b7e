import { accessSuite } from './access.contract.js';
import { authSuite } from './auth/auth.contract.js';
import { inboxSuite } from './inbox/inbox.contract.js';
import { keysApiSuite } from './keys/keys.contract.js';
import { limitsSuite } from './limits/limits.contract.js';
import { messagesSuite } from './messages/messages.contract.js';
import { roomsSuite } from './rooms/rooms.contract.js';

authSuite('postgres');
accessSuite('postgres', 'tRPC');
roomsSuite('postgres');
messagesSuite('postgres');
inboxSuite('postgres');
limitsSuite('postgres');
keysApiSuite('postgres');
