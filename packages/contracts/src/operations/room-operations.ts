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
  'rooms.list': { who: 'user', limit: null, repeat: 'safe', scope: 'rooms:read' },
  'rooms.browse': { who: 'user', limit: null, repeat: 'safe', scope: 'rooms:read' },
  'rooms.create': { who: 'user', limit: 'rooms', repeat: 'unsafe', scope: 'rooms:write' },
  'rooms.import': { who: 'user', limit: ['files', 'rooms'], repeat: 'unsafe', scope: 'rooms:write', route: 'POST /api/rooms/import' },
  'rooms.direct': { who: 'user', limit: 'rooms', repeat: 'safe', scope: 'rooms:write' },

  'rooms.get': { ...read, scope: 'rooms:read' },
  'rooms.events': { ...read, scope: 'messages:read' },
  'rooms.export': { ...read, limit: 'files', scope: 'messages:read', route: 'GET /api/rooms/:roomId/export' },
  'commands.list': { ...read, scope: 'rooms:read' },

  'rooms.markRead': { ...member, archived: 'allowed', repeat: 'safe', ...write },
  'rooms.setMute': { ...member, archived: 'allowed', repeat: 'lastWins', ...write },
  'presence.typing': { ...member, archived: 'allowed', repeat: 'lastWins', limit: 'typing', scope: 'messages:write' },

  'rooms.join': { who: 'reader', archived: 'allowed', repeat: 'safe', ...membership },
  'rooms.leave': { ...member, archived: 'allowed', direct: 'refused', repeat: 'unsafe', ...membership },
  // Anyone may enter a public room by themselves, so any member may bring someone; who left is invited only.
  'rooms.addMember': { ...member, inPrivate: 'moderator', archived: 'refused', direct: 'refused', repeat: 'lastWins', ...membership },
  'rooms.invitations': { who: 'user', limit: null, repeat: 'safe', scope: 'rooms:read' },
  'rooms.acceptInvitation': { who: 'invited', archived: 'refused', direct: 'refused', repeat: 'safe', ...membership },
  'rooms.declineInvitation': { who: 'invited', archived: 'allowed', direct: 'refused', repeat: 'unsafe', ...write },
  'rooms.removeMember': {
    ...moderator,
    where: { ranked: 'owner' },
    archived: 'allowed',
    direct: 'refused',
    repeat: 'unsafe',
    ...membership,
  },
  'rooms.setRole': { ...owner, archived: 'allowed', direct: 'refused', repeat: 'lastWins', ...membership },
  'rooms.addCharacter': { ...moderator, archived: 'refused', direct: 'refused', repeat: 'lastWins', ...membership },
  'rooms.removeCharacter': { ...moderator, archived: 'refused', direct: 'refused', repeat: 'unsafe', ...membership },
  'rooms.update': {
    ...moderator,
    where: { visibility: 'owner' },
    archived: 'refused',
    direct: 'refused',
    repeat: 'lastWins',
    ...membership,
  },
  // Allowed in archived rooms, because it opens them again.
  'rooms.archive': { ...owner, archived: 'allowed', direct: 'refused', repeat: 'lastWins', ...membership },
} as const satisfies Record<string, Operation>;
