import type { Operation } from './operation.js';

/** Keys, by which programs act. Only whoever signed in may make one: no key makes another. */
export const keyOperations = {
  'keys.list': {
    who: 'user',
    limit: 'changes',
    repeat: 'safe',
    scope: 'account',
    rest: 'GET /api/keys',
    does: 'The keys of the account that are good.',
  },
  'keys.create': {
    who: 'user',
    limit: 'keys',
    repeat: 'unsafe',
    scope: 'account',
    rest: 'POST /api/keys',
    makes: true,
    does: 'Makes a key by which a program acts for the account. The answer is the only one that shows it.',
  },
  'keys.revoke': {
    who: 'user',
    limit: 'changes',
    repeat: 'safe',
    scope: 'account',
    rest: 'DELETE /api/keys/{keyId}',
    does: 'Ends a key at once, everywhere.',
  },
} as const satisfies Record<string, Operation>;
