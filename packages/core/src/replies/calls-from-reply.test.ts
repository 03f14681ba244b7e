import { callsFromReplySuite } from './calls-from-reply.contract.js';

callsFromReplySuite('pglite');
