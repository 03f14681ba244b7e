export { createParleyClient, type ParleyClientOptions } from './client.js';
export { callFailure, type CallFailure } from './call-error.js';
export type { BackoffOptions } from './backoff.js';
export type { Environment } from './environment.js';
export type * from './types.js';
