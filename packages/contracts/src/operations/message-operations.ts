import type { Operation } from './operation.js';

const member = { who: 'room', role: 'member' } as const;
const read = { ...member, archived: 'allowed', limit: null, repeat: 'safe', scope: 'messages:read' } as const;
/**
 * A change of what is said in a room. An archived room refuses it, but still answers commands to the sender alone, which add nothing to
 * the room.
 */
const say = { archived: 'refused', guarded: true, limit: 'send', scope: 'messages:write' } as const;
/** For the person who asked for the reply, and for moderators. */
const reply = { who: 'self', orRoomRole: 'moderator', scope: 'replies:write' } as const;

/** Messages, replies, and the inbox. */
export const messageOperations = {
  'messages.list': read,
  'messages.pins': read,
  'messages.search': { who: 'user', limit: 'search', repeat: 'safe', scope: 'messages:read' },
  'messages.send': { ...member, ...say, aiLimit: 'ai', repeat: 'byClientId' },
  'messages.edit': { who: 'self', ...say, repeat: 'lastWins' },
  // Allowed in archived rooms: people can always remove what they want gone.
  'messages.delete': { who: 'self', orRoomRole: 'moderator', ...say, archived: 'allowed', limit: 'changes', repeat: 'safe' },
  'messages.react': { ...member, ...say, repeat: 'lastWins' },
  'messages.pin': { who: 'room', role: 'moderator', inDirect: 'member', ...say, limit: 'changes', repeat: 'lastWins' },

  'replies.stop': { ...reply, archived: 'allowed', limit: 'changes', repeat: 'safe' },
  'replies.regenerate': { ...reply, archived: 'refused', guarded: true, limit: 'ai', repeat: 'unsafe' },
  'replies.versions': read,

  'inbox.events': { who: 'user', limit: null, repeat: 'safe', scope: 'messages:read' },
  // Only the caller's own private replies: someone else's is answered like an id that does not exist.
  'inbox.dismiss': { who: 'user', limit: 'changes', repeat: 'safe', scope: 'replies:write' },
} as const satisfies Record<string, Operation>;
