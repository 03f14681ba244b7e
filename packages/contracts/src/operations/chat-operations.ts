import type { Operation } from './operation.js';

/** Conversations with a character that programs name by themselves: the chat surface. */
export const chatOperations = {
  'chat.send': {
    who: 'user',
    limit: 'send',
    aiLimit: 'ai',
    repeat: 'byClientId',
    scope: 'messages:write',
    rest: 'POST /api/chat',
    later: true,
    does: 'Says something in a conversation with a character, which is made when it is first named; its events bring the answer.',
  },
  'chat.events': {
    who: 'user',
    limit: null,
    repeat: 'safe',
    scope: 'messages:read',
    route: 'GET /api/sse',
    does: 'The answers in a conversation with a character, as they are written.',
  },
} as const satisfies Record<string, Operation>;
