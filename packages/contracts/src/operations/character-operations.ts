import type { Operation } from './operation.js';

/** Operations on characters themselves; those on the characters of a room are in `room-operations.ts`. */
export const characterOperations = {
  'characters.list': {
    who: 'user',
    limit: null,
    repeat: 'safe',
    scope: 'characters:read',
    rest: 'GET /api/characters',
    mcp: 'list_characters',
    does: 'The characters of this server.',
  },
  'characters.get': {
    who: 'user',
    limit: null,
    repeat: 'safe',
    scope: 'characters:read',
    rest: ['GET /api/characters/{characterId}', 'GET /api/characters/id/{characterId}'],
    does: 'A character, with its instructions for whoever may change them.',
  },
  'characters.create': {
    who: 'user',
    limit: 'characters',
    repeat: 'unsafe',
    scope: 'characters:write',
    rest: 'POST /api/characters',
    makes: true,
    does: 'Makes a character.',
  },
  'characters.update': {
    who: 'maker',
    orAdmin: true,
    limit: 'characters',
    repeat: 'lastWins',
    scope: 'characters:write',
    rest: 'PATCH /api/characters/{characterId}',
    does: 'Changes a character.',
  },
  'characters.delete': {
    who: 'maker',
    orAdmin: true,
    limit: 'changes',
    repeat: 'unsafe',
    scope: 'characters:write',
    rest: 'DELETE /api/characters/{characterId}',
    does: 'Deletes a character; what it said stays.',
  },
} as const satisfies Record<string, Operation>;
