import type { Operation } from './operation.js';

/** Bots: accounts that belong to a person, and act by keys. */
export const botOperations = {
  'bots.list': {
    who: 'user',
    limit: 'changes',
    repeat: 'safe',
    scope: 'account',
    rest: 'GET /api/bots',
    does: 'The bots of the caller.',
  },
  'bots.create': {
    who: 'user',
    limit: 'keys',
    repeat: 'unsafe',
    scope: 'account',
    rest: 'POST /api/bots',
    makes: true,
    does: 'Makes a bot: an account without a password, which acts by keys that its owner makes.',
  },
  // The use case refuses it to people, who have no commands.
  'bots.setCommands': {
    who: 'user',
    limit: 'changes',
    repeat: 'lastWins',
    scope: 'messages:write',
    rest: 'PUT /api/bots/me/commands',
    does: 'Says by a bot’s own key what commands it has, in place of those it had.',
  },
  'bots.remove': {
    who: 'user',
    limit: 'changes',
    repeat: 'unsafe',
    scope: 'account',
    rest: 'DELETE /api/bots/{username}',
    does: 'Ends a bot for good. What it said stays.',
  },
} as const satisfies Record<string, Operation>;
