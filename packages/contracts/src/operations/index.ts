export * from './decide.js';
export type { Aspect, LimitName, Operation } from './operation.js';
export * from './operations.js';
