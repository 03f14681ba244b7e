import type { InstanceRole, RoomRole } from './views.js';

/**
 * Who may call what. One row for every procedure; the router's middleware enforces it and the tests of access are generated
 * from it. `anyone` needs no account; `user` a signed-in one; the room roles need a membership of the room named in the input
 * and include the roles above them; `reader` is any signed-in user where the room is public, a member where it is not;
 * `self` is whoever owns the thing (the author of a message, the owner of a character) or, where given, a room role.
 */
export type Access =
  | { who: 'anyone' }
  | { who: 'user' }
  | { who: 'admin' }
  | { who: 'reader' }
  | { who: 'room'; role: RoomRole }
  | { who: 'self'; orRoomRole?: RoomRole; orAdmin?: boolean };

const member = { who: 'room', role: 'member' } as const;

export const permissions = {
  'auth.register': { who: 'anyone' },
  'auth.login': { who: 'anyone' },
  'auth.refresh': { who: 'anyone' },
  'auth.logout': { who: 'user' },
  'auth.me': { who: 'user' },
  'rooms.list': { who: 'user' },
  'rooms.create': { who: 'user' },
  'rooms.get': member,
  'rooms.join': { who: 'reader' },
  'rooms.leave': member,
  'rooms.markRead': member,
  'rooms.events': member,
  'messages.list': member,
  'messages.send': member,
  'replies.stop': { who: 'self', orRoomRole: 'moderator' },
  'commands.list': member,
  'inbox.events': { who: 'user' },
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
