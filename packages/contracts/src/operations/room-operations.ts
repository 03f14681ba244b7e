import type { Operation } from './operation.js';

const member = { who: 'room', role: 'member' } as const;
const moderator = { who: 'room', role: 'moderator' } as const;
const owner = { who: 'room', role: 'owner' } as const;

/** A read that needs a membership, whatever the room's state. */
const read = { ...member, archived: 'allowed', limit: null, repeat: 'safe' } as const;
/** A write whose statement checks that the membership it relied on still holds. */
const write = { guarded: true, limit: 'changes', scope: 'rooms:write' } as const;
/** A write that changes who is in the room, or the room itself. It puts a line into the room. */
const membership = { ...write, changesMembers: true, limit: ['changes', 'lines'] } as const;

/** Rooms, and who is in them. */
export const roomOperations = {
  'rooms.list': {
    who: 'user',
    limit: null,
    repeat: 'safe',
    scope: 'rooms:read',
    rest: 'GET /api/rooms',
    does: 'The rooms that the caller is in, with what is unread.',
  },
  'rooms.browse': {
    who: 'user',
    limit: null,
    repeat: 'safe',
    scope: 'rooms:read',
    rest: 'GET /api/rooms/public',
    does: 'The public rooms.',
  },
  'rooms.create': {
    who: 'user',
    limit: 'rooms',
    repeat: 'unsafe',
    scope: 'rooms:write',
    rest: 'POST /api/rooms',
    makes: true,
    does: 'Makes a room, whose owner is the caller.',
  },
  'rooms.import': {
    who: 'user',
    limit: ['files', 'rooms'],
    repeat: 'unsafe',
    scope: 'rooms:write',
    route: 'POST /api/rooms/import',
    does: 'Makes a room of the file of an exported one.',
  },
  'rooms.direct': {
    who: 'user',
    limit: 'rooms',
    repeat: 'safe',
    scope: 'rooms:write',
    rest: 'POST /api/rooms/direct',
    does: 'The one-to-one room with a person or a character, made if there is none.',
  },

  'rooms.get': { ...read, scope: 'rooms:read', rest: 'GET /api/rooms/{roomId}', does: 'A room with its members and characters.' },
  'rooms.members': {
    ...read,
    scope: 'rooms:read',
    rest: 'GET /api/rooms/{roomId}/members',
    does: 'The members of a room by pages, or those of a name.',
  },
  'rooms.characters': {
    ...read,
    scope: 'rooms:read',
    rest: 'GET /api/rooms/{roomId}/characters',
    does: 'The characters in a room.',
  },
  'rooms.events': { ...read, scope: 'messages:read', does: 'What happens in a room, as it happens.' },
  'rooms.export': {
    ...read,
    limit: 'files',
    scope: 'messages:read',
    route: 'GET /api/rooms/:roomId/export',
    does: 'A room as a file: lines of JSON.',
  },
  'commands.list': {
    ...read,
    scope: 'rooms:read',
    rest: 'GET /api/rooms/{roomId}/commands',
    does: 'The commands that the caller may use in a room, those of its bots among them.',
  },

  'rooms.markRead': {
    ...member,
    archived: 'allowed',
    repeat: 'safe',
    ...write,
    rest: 'PUT /api/rooms/{roomId}/read',
    does: 'Moves the caller’s read position forward.',
  },
  'rooms.setMute': {
    ...member,
    archived: 'allowed',
    repeat: 'lastWins',
    ...write,
    rest: ['PUT /api/rooms/{roomId}/mute?muted=true', 'DELETE /api/rooms/{roomId}/mute?muted=false'],
    does: 'Mutes a room for the caller, or takes that back.',
  },
  'presence.typing': {
    ...member,
    archived: 'allowed',
    repeat: 'lastWins',
    limit: 'typing',
    scope: 'messages:write',
    does: 'Shows for seconds that the caller is writing.',
  },

  'rooms.join': {
    who: 'reader',
    archived: 'allowed',
    repeat: 'safe',
    ...membership,
    rest: 'POST /api/rooms/{roomId}/join',
    does: 'Joins a public room.',
  },
  'rooms.leave': {
    ...member,
    archived: 'allowed',
    direct: 'refused',
    repeat: 'unsafe',
    ...membership,
    rest: 'POST /api/rooms/{roomId}/leave',
    does: 'Leaves a room.',
  },
  // Anyone may enter a public room by themselves, so any member may bring someone; who left is invited only.
  'rooms.addMember': {
    ...member,
    inPrivate: 'moderator',
    archived: 'refused',
    direct: 'refused',
    repeat: 'lastWins',
    ...membership,
    rest: 'POST /api/rooms/{roomId}/members',
    makes: true,
    does: 'Brings a person into a room; who left it is invited to join again.',
  },
  'rooms.invitations': {
    who: 'user',
    limit: null,
    repeat: 'safe',
    scope: 'rooms:read',
    rest: 'GET /api/invitations',
    does: 'The invitations that wait for the caller.',
  },
  'rooms.acceptInvitation': {
    who: 'invited',
    archived: 'refused',
    direct: 'refused',
    repeat: 'safe',
    ...membership,
    rest: 'POST /api/rooms/{roomId}/invitation/accept',
    does: 'Joins a room again that one is invited to.',
  },
  'rooms.declineInvitation': {
    who: 'invited',
    archived: 'allowed',
    direct: 'refused',
    repeat: 'unsafe',
    ...write,
    rest: 'DELETE /api/rooms/{roomId}/invitation',
    does: 'Declines an invitation.',
  },
  'rooms.removeMember': {
    ...moderator,
    where: { ranked: 'owner' },
    archived: 'allowed',
    direct: 'refused',
    repeat: 'unsafe',
    ...membership,
    rest: ['DELETE /api/rooms/{roomId}/members/{username}', 'DELETE /api/rooms/{roomId}/members'],
    does: 'Removes a person from a room.',
  },
  'rooms.setRole': {
    ...owner,
    archived: 'allowed',
    direct: 'refused',
    repeat: 'lastWins',
    ...membership,
    rest: 'PATCH /api/rooms/{roomId}/members/{username}',
    does: 'Gives a member another role.',
  },
  'rooms.addCharacter': {
    ...moderator,
    archived: 'refused',
    direct: 'refused',
    repeat: 'lastWins',
    ...membership,
    rest: 'POST /api/rooms/{roomId}/characters',
    makes: true,
    does: 'Brings a character into a room, or changes when it answers there.',
  },
  'rooms.removeCharacter': {
    ...moderator,
    archived: 'refused',
    direct: 'refused',
    repeat: 'unsafe',
    ...membership,
    rest: ['DELETE /api/rooms/{roomId}/characters/{characterId}', 'DELETE /api/rooms/{roomId}/characters'],
    does: 'Removes a character from a room.',
  },
  'rooms.update': {
    ...moderator,
    where: { visibility: 'owner' },
    archived: 'refused',
    direct: 'refused',
    repeat: 'lastWins',
    ...membership,
    rest: 'PATCH /api/rooms/{roomId}',
    does: 'Changes the name, the topic or the visibility of a room.',
  },
  // Allowed in archived rooms, because it opens them again.
  'rooms.archive': {
    ...owner,
    archived: 'allowed',
    direct: 'refused',
    repeat: 'lastWins',
    ...membership,
    rest: ['PUT /api/rooms/{roomId}/archive?archived=true', 'DELETE /api/rooms/{roomId}/archive?archived=false'],
    does: 'Archives a room, or opens it again.',
  },
} as const satisfies Record<string, Operation>;
