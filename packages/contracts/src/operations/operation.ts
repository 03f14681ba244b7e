import type { RoomRole } from '../views.js';

/** Who may call an operation. Where a role in a room is needed, the roles above it are meant too. */
export type Access =
  /** Everyone, with or without an account. */
  | { who: 'anyone' }
  /** Whoever is signed in. */
  | { who: 'user' }
  /** Admins of the instance. */
  | { who: 'admin' }
  /** Whoever made the thing (a character), and, where given, admins. */
  | { who: 'maker'; orAdmin?: true }
  | RoomAccessRule;

/** Access to an operation on a room, or on something in it. Whoever may not see the room is told that there is none. */
export type RoomAccessRule = PlaceRule &
  (
    | /** Whoever is signed in, where the room is public; a member where it is not. */ { who: 'reader' }
    | RoleRule
    /** A member whose the thing is (the author of a message, who asked for a reply), and, where given, a member of this role. */
    | { who: 'self'; orRoomRole?: RoomRole }
  );

/** A member of this role. */
export interface RoleRule {
  who: 'room';
  role: RoomRole;
  /** Where the room is private. @default role */
  inPrivate?: RoomRole;
  /** Where the room is one-to-one. @default inPrivate */
  inDirect?: RoomRole;
  /** Where the call is more than an ordinary one. @default the same */
  where?: Partial<Record<Aspect, RoomRole>>;
}

/** In which rooms an operation is refused to everyone. */
interface PlaceRule {
  archived: 'allowed' | 'refused';
  /** One-to-one rooms. @default allowed */
  direct?: 'refused';
  /** The operation's own statement finds out that a membership or session is old. All others read, and rely on young knowledge. */
  guarded?: true;
  /** After it, what is remembered of the room's members and characters is old. */
  changesMembers?: true;
}

/**
 * What makes a call of an operation more than an ordinary one. `visibility`: it changes who can find the room. `ranked`: it is done
 * to a moderator or an owner.
 */
export type Aspect = 'visibility' | 'ranked';

/** Names of the rate limits. What each allows, and to whom, is in `apps/api/src/limits/limit-rules.ts`. */
export type LimitName =
  | 'register'
  | 'login'
  | 'loginAddress'
  | 'refresh'
  | 'send'
  | 'changes'
  | 'search'
  | 'rooms'
  | 'files'
  | 'characters'
  | 'profile'
  | 'typing'
  | 'ai';

/**
 * What happens when a call is said again whose answer was lost. `safe`: nothing more, however late. `lastWins`: it sets the same once
 * more, which undoes what was set meanwhile. `byClientId`: nothing more, by the id that the caller made. `unsafe`: it is done twice, or
 * the repeat is refused.
 */
export type Repeat = 'safe' | 'lastWins' | 'byClientId' | 'unsafe';

/** What an API key must have been given to call an operation. No key is ever given `account`. */
export type Scope =
  | 'account'
  | 'users:read'
  | 'users:write'
  | 'users:admin'
  | 'rooms:read'
  | 'rooms:write'
  | 'messages:read'
  | 'messages:write'
  | 'replies:write'
  | 'characters:read'
  | 'characters:write';

/** One row of the table of operations. */
export type Operation = Access & Columns;
export type RoomOperation = RoomAccessRule & Columns;

interface Columns {
  /** What a call counts against, in this order; null where it only reads. */
  limit: LimitName | readonly LimitName[] | null;
  repeat: Repeat;
  scope: Scope;
  /** Method and path of an operation that is no procedure but a plain HTTP route, because it is a stream. */
  route?: `${'GET' | 'POST'} /api/${string}`;
}
