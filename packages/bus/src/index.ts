export type { Bus, BusOptions, BusState, BusSubscription, ErrorReporter, JobHandler, JobQueue } from './bus.js';
