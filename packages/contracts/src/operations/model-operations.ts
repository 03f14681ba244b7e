import type { Operation } from './operation.js';

/** The models of providers; and characters as models, which `/v1` speaks of in OpenAI’s protocol. No room is read. */
export const modelOperations = {
  'models.list': {
    who: 'user',
    limit: 'changes',
    repeat: 'safe',
    scope: 'characters:read',
    rest: 'GET /api/models',
    does: 'The models that characters may have, as their providers list them.',
  },
  'models.characters': {
    who: 'user',
    limit: 'changes',
    repeat: 'safe',
    scope: 'characters:use',
    does: 'The characters that can be called as models.',
  },
  'models.get': {
    who: 'user',
    limit: 'changes',
    repeat: 'safe',
    scope: 'characters:use',
    does: 'A character as a model.',
  },
  'models.complete': {
    who: 'user',
    limit: 'ai',
    repeat: 'unsafe',
    scope: 'characters:use',
    does: 'What a character says to messages that the caller gives, as it is written.',
  },
} as const satisfies Record<string, Operation>;
