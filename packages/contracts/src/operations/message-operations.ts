import type { Operation } from './operation.js';

const member = { who: 'room', role: 'member' } as const;
const read = { ...member, archived: 'allowed', limit: null, repeat: 'safe', scope: 'messages:read' } as const;
/**
 * A change of what is said in a room. An archived room refuses it, but still answers commands to the sender alone, which add nothing to
 * the room.
 */
const say = { archived: 'refused', guarded: true, limit: 'send', scope: 'messages:write' } as const;
/** For the person who asked for the reply, and for moderators; for every member where the room says so. */
const reply = { who: 'self', orRoomRole: 'moderator', orAnyone: true, scope: 'replies:write' } as const;

/** Messages, replies, and the inbox. */
export const messageOperations = {
  'messages.list': {
    ...read,
    rest: 'GET /api/rooms/{roomId}/messages',
    mcp: 'read_messages',
    does: 'A page of the messages of a room: the last, or those before, after or around a seq.',
  },
  'messages.get': { ...read, rest: 'GET /api/messages/{messageId}', mcp: 'get_message', does: 'A message as it is now.' },
  'messages.pins': { ...read, rest: 'GET /api/rooms/{roomId}/pins', mcp: 'list_pins', does: 'The pinned messages of a room.' },
  'messages.search': {
    who: 'user',
    limit: 'search',
    repeat: 'safe',
    scope: 'messages:read',
    rest: 'GET /api/search',
    mcp: 'search_messages',
    does: 'Messages by their words, in one room or in all of the caller’s, newest first.',
  },
  'messages.send': {
    ...member,
    ...say,
    aiLimit: 'ai',
    repeat: 'byClientId',
    rest: 'POST /api/rooms/{roomId}/messages',
    makes: true,
    mcp: 'send_message',
    does: 'Says something in a room, or calls a command or a character.',
  },
  'messages.edit': {
    who: 'self',
    ...say,
    repeat: 'lastWins',
    rest: 'PATCH /api/messages/{messageId}',
    mcp: 'edit_message',
    does: 'Changes the text of a message.',
  },
  // Allowed in archived rooms: people can always remove what they want gone.
  'messages.delete': {
    who: 'self',
    orRoomRole: 'moderator',
    ...say,
    archived: 'allowed',
    limit: 'changes',
    repeat: 'safe',
    rest: 'DELETE /api/messages/{messageId}',
    mcp: 'delete_message',
    does: 'Deletes a message.',
  },
  'messages.react': {
    ...member,
    ...say,
    repeat: 'lastWins',
    rest: ['PUT /api/messages/{messageId}/reactions/{emoji}?on=true', 'DELETE /api/messages/{messageId}/reactions/{emoji}?on=false'],
    mcp: 'react_to_message',
    does: 'Puts an emoji on a message, or takes it back.',
  },
  'messages.pin': {
    who: 'room',
    role: 'moderator',
    inDirect: 'member',
    ...say,
    limit: 'changes',
    repeat: 'lastWins',
    rest: ['PUT /api/messages/{messageId}/pin?on=true', 'DELETE /api/messages/{messageId}/pin?on=false'],
    does: 'Pins a message, or takes that back.',
  },
  // Allowed in archived rooms, as deleting is.
  'messages.hideFromAi': {
    who: 'self',
    orRoomRole: 'moderator',
    ...say,
    archived: 'allowed',
    limit: 'changes',
    repeat: 'lastWins',
    rest: ['PUT /api/messages/{messageId}/hidden-from-ai?on=true', 'DELETE /api/messages/{messageId}/hidden-from-ai?on=false'],
    mcp: 'hide_from_ai',
    does: 'Keeps a message from all characters, or takes that back.',
  },
  // Allowed in archived rooms, as deleting is.
  'messages.hide': {
    who: 'room',
    role: 'moderator',
    ...say,
    direct: 'refused',
    archived: 'allowed',
    limit: 'changes',
    repeat: 'lastWins',
    rest: ['PUT /api/messages/{messageId}/hidden?on=true', 'DELETE /api/messages/{messageId}/hidden?on=false'],
    does: 'Keeps the text of a message from everybody, or shows it again.',
  },
  'messages.hiddenText': {
    ...read,
    role: 'moderator',
    direct: 'refused',
    rest: 'GET /api/messages/{messageId}/hidden-text',
    does: 'The text of a message that is hidden, and who hid it.',
  },

  // Allowed in archived rooms, and to whoever is silenced: it adds nothing to the room.
  'reports.create': {
    ...member,
    archived: 'allowed',
    guarded: true,
    limit: ['changes', 'reports'],
    repeat: 'safe',
    scope: 'messages:write',
    rest: 'POST /api/messages/{messageId}/reports',
    makes: true,
    does: 'Tells the moderators of a room of a message. Doing so again changes nothing.',
  },
  'reports.list': {
    ...read,
    role: 'moderator',
    direct: 'refused',
    rest: 'GET /api/rooms/{roomId}/reports',
    does: 'The reports of messages in a room, the open ones or those that were resolved.',
  },
  'reports.listAll': {
    who: 'admin',
    limit: null,
    repeat: 'safe',
    scope: 'messages:read',
    rest: 'GET /api/reports',
    does: 'The reports of messages in public rooms, and those of other rooms that were sent to the admins.',
  },
  // Of a moderator of the room, or of an admin for the reports that admins see: the use case decides.
  'reports.resolve': {
    who: 'user',
    limit: 'changes',
    repeat: 'safe',
    scope: 'rooms:write',
    rest: 'POST /api/reports/{reportId}/resolve',
    does: 'Resolves the reports of a message: by nothing, or by hiding or deleting it, or by silencing, removing or banning its author.',
  },

  'notes.list': {
    ...read,
    rest: 'GET /api/rooms/{roomId}/notes',
    mcp: 'list_notes',
    does: 'The notes of a room.',
  },
  'notes.save': {
    ...member,
    ...say,
    limit: 'changes',
    repeat: 'unsafe',
    rest: ['POST /api/rooms/{roomId}/notes', 'PATCH /api/rooms/{roomId}/notes/{noteId}'],
    makes: true,
    mcp: 'save_note',
    does: 'Writes a note for everyone in a room, or gives one a new text.',
  },
  // Allowed in archived rooms, as deleting is.
  'notes.remove': {
    ...member,
    ...say,
    archived: 'allowed',
    limit: 'changes',
    repeat: 'unsafe',
    rest: 'DELETE /api/rooms/{roomId}/notes/{noteId}',
    mcp: 'remove_note',
    does: 'Removes a note of a room.',
  },

  'replies.stop': {
    ...reply,
    archived: 'allowed',
    limit: 'changes',
    repeat: 'safe',
    rest: 'POST /api/messages/{messageId}/stop',
    mcp: 'stop_reply',
    does: 'Stops a reply that is being written; what it has so far stays.',
  },
  'replies.regenerate': {
    ...reply,
    archived: 'refused',
    guarded: true,
    limit: 'ai',
    repeat: 'unsafe',
    rest: 'POST /api/messages/{messageId}/regenerate',
    does: 'Has a reply written again, perhaps by another model or with an instruction; the text there is is kept as a version.',
  },
  'replies.versions': { ...read, rest: 'GET /api/messages/{messageId}/versions', does: 'The other texts of a reply.' },
  'replies.choose': {
    ...reply,
    archived: 'refused',
    guarded: true,
    limit: 'changes',
    repeat: 'lastWins',
    rest: 'PUT /api/messages/{messageId}/version',
    does: 'Makes another version of a reply its text, for everyone and for what is asked later.',
  },
  // The statement finds the call by who may allow it, so the row says no more than that they are there.
  'replies.allow': {
    ...member,
    archived: 'refused',
    guarded: true,
    limit: 'changes',
    repeat: 'safe',
    scope: 'replies:write',
    rest: 'POST /api/messages/{messageId}/calls/{callId}',
    does: 'Says whether a tool may be called that would change something, to an answer that waits for the caller: once, always here, or not.',
  },
  'replies.calls': {
    ...read,
    rest: 'GET /api/messages/{messageId}/calls',
    does: 'The calls of tools for which an answer waits until the caller allows them, with their arguments.',
  },
  'replies.permissions': {
    who: 'user',
    limit: null,
    repeat: 'safe',
    scope: 'messages:read',
    rest: 'GET /api/permissions',
    does: 'The tools that the caller lets characters use without being asked each time.',
  },
  'replies.forbid': {
    who: 'user',
    limit: 'changes',
    repeat: 'safe',
    scope: 'replies:write',
    rest: 'DELETE /api/permissions/{id}',
    does: 'Has the caller asked again before a character uses a tool that they had allowed always.',
  },
  'replies.receipt': {
    ...read,
    rest: 'GET /api/messages/{messageId}/receipt',
    mcp: 'get_receipt',
    does: 'What an attempt at a reply was made from and what it cost; of a private reply, to whoever asked.',
  },

  'inbox.events': {
    who: 'user',
    limit: null,
    repeat: 'safe',
    scope: 'messages:read',
    does: 'What happens in all rooms of the caller: what is unread, mentions, private replies.',
  },
  'streamTickets.create': {
    who: 'user',
    limit: 'changes',
    repeat: 'safe',
    scope: 'messages:read',
    rest: 'POST /api/stream-tickets',
    makes: true,
    does: 'A ticket for a stream of events, or for one WebSocket, for programs that can send no headers.',
  },
  // Only the caller's own private replies: someone else's is answered like an id that does not exist.
  'inbox.dismiss': {
    who: 'user',
    limit: 'changes',
    repeat: 'safe',
    scope: 'replies:write',
    rest: 'DELETE /api/inbox/{id}',
    does: 'Puts a private reply away.',
  },
} as const satisfies Record<string, Operation>;
