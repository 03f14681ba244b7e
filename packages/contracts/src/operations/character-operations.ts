import type { Operation } from './operation.js';

/** Operations on characters themselves; those on the characters of a room are in `room-operations.ts`. */
export const characterOperations = {
  'characters.list': { who: 'user', limit: null, repeat: 'safe', scope: 'characters:read' },
  'characters.get': { who: 'user', limit: null, repeat: 'safe', scope: 'characters:read' },
  'characters.create': { who: 'user', limit: 'characters', repeat: 'unsafe', scope: 'characters:write' },
  'characters.update': { who: 'maker', orAdmin: true, limit: 'characters', repeat: 'lastWins', scope: 'characters:write' },
  'characters.delete': { who: 'maker', orAdmin: true, limit: 'changes', repeat: 'unsafe', scope: 'characters:write' },
} as const satisfies Record<string, Operation>;
