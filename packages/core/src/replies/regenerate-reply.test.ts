import { regenerateReplySuite } from './regenerate-reply.contract.js';

regenerateReplySuite('pglite');
