import type { InstanceRole, RoomRole } from './views.js';
/**
 * Who may call what. One row for every procedure; the router's middleware enforces it and the tests of access are generated
 * from it. `anyone` needs no account; `user` a signed-in one; the room roles need a membership of the room named in the input
 * and include the roles above them; `reader` is any signed-in user where the room is public, a member where it is not;
 * `self` is whoever owns the thing (the author of a message, the owner of a character) or, where given, a room role.
 */
export type Access =
  | {
      who: 'anyone';
    }
  | {
      who: 'user';
    }
  | {
      who: 'admin';
    }
  | {
      who: 'reader';
    }
  | {
      who: 'room';
      role: RoomRole;
    }
  | {
      who: 'self';
      orRoomRole?: RoomRole;
      orAdmin?: boolean;
    };
export declare const permissions: {
  readonly 'auth.register': {
    readonly who: 'anyone';
  };
  readonly 'auth.login': {
    readonly who: 'anyone';
  };
  readonly 'auth.refresh': {
    readonly who: 'anyone';
  };
  readonly 'auth.logout': {
    readonly who: 'user';
  };
  readonly 'auth.me': {
    readonly who: 'user';
  };
  readonly 'rooms.list': {
    readonly who: 'user';
  };
  readonly 'rooms.create': {
    readonly who: 'user';
  };
  readonly 'rooms.get': {
    readonly who: 'room';
    readonly role: 'member';
  };
  readonly 'rooms.join': {
    readonly who: 'reader';
  };
  readonly 'rooms.leave': {
    readonly who: 'room';
    readonly role: 'member';
  };
  readonly 'rooms.markRead': {
    readonly who: 'room';
    readonly role: 'member';
  };
  readonly 'rooms.events': {
    readonly who: 'room';
    readonly role: 'member';
  };
  readonly 'messages.list': {
    readonly who: 'room';
    readonly role: 'member';
  };
  readonly 'messages.send': {
    readonly who: 'room';
    readonly role: 'member';
  };
  readonly 'replies.stop': {
    readonly who: 'self';
    readonly orRoomRole: 'moderator';
  };
  readonly 'commands.list': {
    readonly who: 'room';
    readonly role: 'member';
  };
  readonly 'inbox.events': {
    readonly who: 'user';
  };
};
export type ProcedureName = keyof typeof permissions;
/** True if `role` is `required` or above it. */
export declare function hasRoomRole(role: RoomRole, required: RoomRole): boolean;
export declare function isAdmin(role: InstanceRole): boolean;
//# sourceMappingURL=permissions.d.ts.map
