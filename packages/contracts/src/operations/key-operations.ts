import type { Operation } from './operation.js';

/** Keys, by which programs act. Only whoever signed in may make one: no key makes another. */
export const keyOperations = {
  'keys.list': { who: 'user', limit: 'changes', repeat: 'safe', scope: 'account' },
  'keys.create': { who: 'user', limit: 'keys', repeat: 'unsafe', scope: 'account' },
  'keys.revoke': { who: 'user', limit: 'changes', repeat: 'safe', scope: 'account' },
} as const satisfies Record<string, Operation>;
