import { accessSuite } from './access.contract.js';
import { authSuite } from './auth/auth.contract.js';
import { inboxSuite } from './inbox/inbox.contract.js';
import { keysApiSuite } from './keys/keys.contract.js';
import { limitsSuite } from './limits/limits.contract.js';
import { messagesSuite } from './messages/messages.contract.js';
import { roomsSuite } from './rooms/rooms.contract.js';

authSuite('pglite');
accessSuite('pglite', 'tRPC');
roomsSuite('pglite');
messagesSuite('pglite');
inboxSuite('pglite');
limitsSuite('pglite');
keysApiSuite('pglite');
