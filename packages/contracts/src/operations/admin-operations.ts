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
  'audit.list': { ...admin, repeat: 'safe', rest: 'GET /api/audit', does: 'The audit log by pages, the newest entries first.' },
  'admin.people': {
    ...admin,
    repeat: 'safe',
    rest: 'GET /api/admin/people',
    does: 'All accounts of the server by pages, found by name or e-mail address.',
  },
  'admin.setAdmin': {
    ...admin,
    repeat: 'lastWins',
    rest: ['PUT /api/admin/people/{username}/admin?admin=true', 'DELETE /api/admin/people/{username}/admin?admin=false'],
    audit: 'admin.made',
    does: 'Makes a person an admin of the server, or one no more.',
  },
  'admin.endSessions': {
    ...admin,
    repeat: 'lastWins',
    rest: 'DELETE /api/admin/people/{username}/sessions',
    audit: 'sessions.ended',
    does: 'Signs a person out everywhere.',
  },
  'admin.rooms': {
    ...admin,
    repeat: 'safe',
    rest: 'GET /api/admin/rooms',
    does: 'All rooms but those of two, by pages: who owns them and how large they are, nothing of what is said there.',
  },
  'admin.archiveRoom': {
    ...admin,
    repeat: 'lastWins',
    rest: ['PUT /api/admin/rooms/{roomId}/archive?archived=true', 'DELETE /api/admin/rooms/{roomId}/archive?archived=false'],
    audit: 'room.archived',
    does: 'Archives a room that the caller need not be in, or opens it again; the room says who did.',
  },
  'admin.takeOver': {
    ...admin,
    repeat: 'unsafe',
    rest: 'POST /api/admin/rooms/{roomId}/owner',
    audit: 'room.taken',
    does: 'Makes the caller an owner of a room that nobody owns, which the room sees.',
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
