export * from './decide.js';
export type { Aspect, LimitName, Operation, RestAddress } from './operation.js';
export * from './operations.js';
