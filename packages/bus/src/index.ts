export { callFields, currentCall, inCall, readTraceparent, type Call } from './call-context.js';
export type { Bus, BusCounts, BusOptions, BusState, BusSubscription, ErrorReporter, JobHandler, JobQueue } from './bus.js';
