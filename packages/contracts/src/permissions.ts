import type { InstanceRole, RoomRole } from './views.js';

/**
 * Who may call what. One row for every procedure; the router's middleware enforces it and the tests of access are generated
 * from it. `anyone` needs no account; `user` a signed-in one; `admin` an admin of the instance; the room roles need a
 * membership of the room named in the input and include the roles above them; `reader` is any signed-in user where the room
 * is public, a member where it is not; `inPrivate` is the role needed where the room is not public, `inDirect` where it is one-to-one;
 * `self` is whoever owns the thing (the author of a message, the owner of a character) or, where given, a room role.
 */
export type Access =
  | { who: 'anyone' }
  | { who: 'user' }
  | { who: 'admin' }
  | { who: 'reader' }
  | { who: 'room'; role: RoomRole; inPrivate?: RoomRole; inDirect?: RoomRole }
  | { who: 'self'; orRoomRole?: RoomRole; orAdmin?: boolean };

const member = { who: 'room', role: 'member' } as const;

export const permissions = {
  'auth.register': { who: 'anyone' },
  'auth.login': { who: 'anyone' },
  'auth.refresh': { who: 'anyone' },
  'auth.logout': { who: 'user' },
  'auth.me': { who: 'user' },
  'auth.changePassword': { who: 'user' },
  'users.search': { who: 'user' },
  'users.updateProfile': { who: 'user' },
  'users.removeAccount': { who: 'user' },
  'users.disable': { who: 'admin' },
  'users.enable': { who: 'admin' },
  'rooms.list': { who: 'user' },
  'rooms.create': { who: 'user' },
  'rooms.get': member,
  'rooms.join': { who: 'reader' },
  'rooms.leave': member,
  'rooms.markRead': member,
  'rooms.events': member,
  'rooms.update': { who: 'room', role: 'moderator' },
  'rooms.archive': { who: 'room', role: 'owner' },
  // Anyone may enter a public room by themselves, so any member may bring someone.
  'rooms.addMember': { who: 'room', role: 'member', inPrivate: 'moderator' },
  'rooms.removeMember': { who: 'room', role: 'moderator' },
  'rooms.setRole': { who: 'room', role: 'owner' },
  'rooms.setMute': member,
  'presence.typing': member,
  'rooms.direct': { who: 'user' },
  'rooms.addCharacter': { who: 'room', role: 'moderator' },
  'rooms.removeCharacter': { who: 'room', role: 'moderator' },
  'characters.list': { who: 'user' },
  'characters.get': { who: 'user' },
  'characters.create': { who: 'user' },
  'characters.update': { who: 'self', orAdmin: true },
  'characters.delete': { who: 'self', orAdmin: true },
  'messages.list': member,
  'messages.send': member,
  'messages.edit': { who: 'self' },
  'messages.delete': { who: 'self', orRoomRole: 'moderator' },
  'messages.react': member,
  'messages.pin': { who: 'room', role: 'moderator', inDirect: 'member' },
  'messages.pins': member,
  'messages.search': { who: 'user' },
  'replies.stop': { who: 'self', orRoomRole: 'moderator' },
  'replies.regenerate': { who: 'self', orRoomRole: 'moderator' },
  'replies.versions': member,
  'commands.list': member,
  'inbox.events': { who: 'user' },
  // One's own; nobody else's id is told from one that never was.
  'inbox.dismiss': { who: 'user' },
} as const satisfies Record<string, Access>;

export type ProcedureName = keyof typeof permissions;

const rank: Record<RoomRole, number> = { member: 0, moderator: 1, owner: 2 };

/** True if `role` is `required` or above it. */
export function hasRoomRole(role: RoomRole, required: RoomRole): boolean {
  return rank[role] >= rank[required];
}

export function isAdmin(role: InstanceRole): boolean {
  return role === 'admin';
}
