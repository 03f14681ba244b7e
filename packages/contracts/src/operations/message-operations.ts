import type { Operation } from './operation.js';

const member = { who: 'room', role: 'member' } as const;
const read = { ...member, archived: 'allowed', limit: null, repeat: 'safe', scope: 'messages:read' } as const;
/** A change of what is said in a room. In an archived one it stays as it is; what is answered to the sender alone adds nothing to it. */
const say = { archived: 'refused', guarded: true, limit: 'send', scope: 'messages:write' } as const;
/** Who asked for a reply may, and moderators. */
const reply = { who: 'self', orRoomRole: 'moderator', scope: 'replies:write' } as const;

/** Messages, replies, and the inbox. */
export const messageOperations = {
  'messages.list': read,
  'messages.pins': read,
  'messages.search': { who: 'user', limit: 'search', repeat: 'safe', scope: 'messages:read' },
  'messages.send': { ...member, ...say, repeat: 'byClientId' },
  'messages.edit': { who: 'self', ...say, repeat: 'lastWins' },
  // What people want gone they can always remove.
  'messages.delete': { who: 'self', orRoomRole: 'moderator', ...say, archived: 'allowed', limit: 'changes', repeat: 'safe' },
  'messages.react': { ...member, ...say, repeat: 'lastWins' },
  'messages.pin': { who: 'room', role: 'moderator', inDirect: 'member', ...say, limit: 'changes', repeat: 'lastWins' },

  'replies.stop': { ...reply, archived: 'allowed', limit: 'changes', repeat: 'safe' },
  'replies.regenerate': { ...reply, archived: 'refused', guarded: true, limit: 'ai', repeat: 'unsafe' },
  'replies.versions': read,

  'inbox.events': { who: 'user', limit: null, repeat: 'safe', scope: 'messages:read' },
  // One's own; nobody else's id is told from one that never was.
  'inbox.dismiss': { who: 'user', limit: 'changes', repeat: 'safe', scope: 'replies:write' },
} as const satisfies Record<string, Operation>;
