import type { Operation } from './operation.js';

const admin = { who: 'admin', scope: 'users:admin' } as const;

/** Legal holds, what is kept of a person, and what the server holds. */
export const privacyOperations = {
  'holds.list': {
    ...admin,
    limit: 'changes',
    repeat: 'safe',
    rest: 'GET /api/holds',
    does: 'The legal holds, those that were lifted too.',
  },
  'holds.place': {
    ...admin,
    limit: 'changes',
    repeat: 'unsafe',
    rest: 'POST /api/holds',
    makes: true,
    does: 'Keeps everything of a person or a room: nothing of it is removed until the hold is lifted.',
  },
  'holds.lift': {
    ...admin,
    limit: 'changes',
    repeat: 'lastWins',
    rest: 'POST /api/holds/{holdId}/lift',
    does: 'Lifts a legal hold: what was due goes, and so does what was set aside.',
  },
  'holds.export': {
    ...admin,
    limit: 'files',
    repeat: 'safe',
    route: 'GET /api/holds/:holdId/export',
    does: 'What a legal hold has set aside, as lines of JSON.',
  },
  'users.exportPerson': {
    ...admin,
    limit: 'files',
    repeat: 'safe',
    route: 'GET /api/users/:username/export',
    does: 'Everything that is stored of a person, as lines of JSON.',
  },
  'users.removePerson': {
    ...admin,
    limit: 'changes',
    repeat: 'safe',
    rest: 'POST /api/users/{username}/remove',
    does: 'Removes the account of a person for good, and says what stays and why.',
  },
  'users.removals': {
    ...admin,
    limit: 'changes',
    repeat: 'safe',
    rest: 'GET /api/removals',
    does: 'The accounts that were removed, the last first: what went, and what stays and why.',
  },
  'storage.show': {
    ...admin,
    limit: 'changes',
    repeat: 'safe',
    rest: 'GET /api/storage',
    does: 'What the database holds: each table with its size, its rows, and how it shrinks.',
  },
} as const satisfies Record<string, Operation>;
