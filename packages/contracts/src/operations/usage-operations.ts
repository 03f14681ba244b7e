import type { Operation } from './operation.js';

const moderator = { who: 'room', role: 'moderator', archived: 'allowed' } as const;

/** What the AI used, and the limits of what it may use. */
export const usageOperations = {
  'usage.mine': {
    who: 'user',
    limit: 'changes',
    repeat: 'safe',
    scope: 'users:read',
    rest: 'GET /api/me/usage',
    does: 'What the AI calls of the caller used, by day, model and character, and how much of the budgets that is.',
  },
  'usage.room': {
    ...moderator,
    limit: 'changes',
    repeat: 'safe',
    scope: 'rooms:read',
    rest: 'GET /api/rooms/{roomId}/usage',
    does: 'What the AI calls of a room used, by day, model and character.',
  },
  'usage.instance': {
    who: 'admin',
    limit: 'changes',
    repeat: 'safe',
    scope: 'users:admin',
    rest: 'GET /api/usage',
    does: 'What all AI calls of the server used, by day, model and character.',
  },
  'usage.character': {
    who: 'maker',
    orAdmin: true,
    limit: 'changes',
    repeat: 'safe',
    scope: 'characters:read',
    rest: 'GET /api/characters/{characterId}/usage',
    does: 'What the AI calls of a character used, by day and model, and the limits that were set for it.',
  },
  'usage.person': {
    who: 'admin',
    limit: 'changes',
    repeat: 'safe',
    scope: 'users:admin',
    rest: 'GET /api/users/{username}/usage',
    does: 'What the AI calls used that a person pays for, by day, model and character, and the limits that were set for them.',
  },
  'usage.meter': {
    who: 'room',
    role: 'member',
    archived: 'allowed',
    limit: 'changes',
    repeat: 'safe',
    scope: 'rooms:read',
    rest: 'GET /api/rooms/{roomId}/usage/meter',
    does: 'The budgets that an AI call of the caller in this room counts in, as far as four fifths of them are used.',
  },
  'usage.limitRoom': {
    ...moderator,
    limit: 'changes',
    repeat: 'lastWins',
    scope: 'rooms:write',
    rest: 'PUT /api/rooms/{roomId}/usage/limits',
    does: 'Sets what the AI calls of a room may use, beside the limits of the server.',
  },
  'usage.limitCharacter': {
    who: 'maker',
    orAdmin: true,
    limit: 'changes',
    repeat: 'lastWins',
    scope: 'characters:write',
    rest: 'PUT /api/characters/{characterId}/usage/limits',
    does: 'Sets what the AI calls of a character may use, beside the limits of the server.',
  },
  'usage.limitPerson': {
    who: 'admin',
    limit: 'changes',
    repeat: 'lastWins',
    scope: 'users:admin',
    rest: 'PUT /api/users/{username}/usage/limits',
    does: 'Sets what a person’s AI calls may use, in the place of the limits of the server; null: those of the server.',
  },
} as const satisfies Record<string, Operation>;
