import { replyLifecycleSuite } from './reply-lifecycle.contract.js';

replyLifecycleSuite('pglite');
