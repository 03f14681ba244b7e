import type { Operation } from './operation.js';

const admin = { who: 'admin', limit: 'changes', scope: 'users:admin' } as const;

/** What the admin's page asks for: the server itself, and what there is on it. */
export const adminOperations = {
  'settings.get': { ...admin, repeat: 'safe', rest: 'GET /api/settings', does: 'The settings of the server that change while it runs.' },
  'settings.set': {
    ...admin,
    repeat: 'lastWins',
    rest: 'PUT /api/settings/{name}',
    audit: 'setting.changed',
    does: 'Sets a setting of the server; null: its default.',
  },
  'settings.shown': {
    who: 'user',
    limit: null,
    repeat: 'safe',
    scope: 'rooms:read',
    rest: 'GET /api/announcement',
    does: 'What the admins of the server tell everyone.',
  },
} as const satisfies Record<string, Operation>;
