import type { Operation } from './operation.js';

/** Providers of identities, by which people come in. */
export const doorOperations = {
  'doors.own': {
    who: 'user',
    limit: 'changes',
    repeat: 'safe',
    scope: 'account',
    rest: 'GET /api/me/doors',
    does: 'How the caller proves who they are: by a password, or at which providers.',
  },
  'doors.get': {
    who: 'admin',
    limit: 'changes',
    repeat: 'safe',
    scope: 'users:admin',
    rest: 'GET /api/doors',
    does: 'The providers of identities, what their SCIM has said, and what their groups give.',
  },
  'doors.setRules': {
    who: 'admin',
    limit: 'changes',
    repeat: 'lastWins',
    scope: 'users:admin',
    audit: 'group.rules',
    rest: 'PUT /api/doors/{provider}/rules',
    does: 'Sets which roles in rooms the groups of a provider give, and applies that to everyone in them.',
  },
} as const satisfies Record<string, Operation>;
