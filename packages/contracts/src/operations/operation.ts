import type { AuditEvent } from '../audit-events.js';
import type { KeyScope } from '../key-scopes.js';
import type { RoomRole } from '../views.js';

/** Who may call an operation. A role needed in a room includes the roles above it. */
export type Access =
  /** Everyone, with or without an account. */
  | { who: 'anyone' }
  /** Whoever is signed in. */
  | { who: 'user' }
  /** Admins of the instance. */
  | { who: 'admin' }
  /** The person who made the thing (a character), and admins if `orAdmin` is set. */
  | { who: 'maker'; orAdmin?: true }
  | RoomAccessRule;

/** Access to an operation on a room, or on something in it. A caller who may not see the room is told that there is none. */
export type RoomAccessRule = PlaceRule &
  (
    | /** Everyone signed in if the room is public, else its members. */ { who: 'reader' }
    | RoleRule
    | /** Whoever is invited to the room, and its members, for whom there is nothing left to do. */ { who: 'invited' }
    /** A member to whom the thing belongs (the author of a message, the asker of a reply), and members of the role `orRoomRole`, if set. */
    | { who: 'self'; orRoomRole?: RoomRole; /** True if a room may open it to all its members, by its `replyControl`. */ orAnyone?: true }
  );

/** Members of this role. */
export interface RoleRule {
  who: 'room';
  role: RoomRole;
  /** The role needed in a private room. @default role */
  inPrivate?: RoomRole;
  /** The role needed in a one-to-one room. @default inPrivate */
  inDirect?: RoomRole;
  /** The role needed for a call that has this aspect. @default the role of an ordinary call */
  where?: Partial<Record<Aspect, RoomRole>>;
}

/** In which rooms an operation is refused to everyone. */
interface PlaceRule {
  /** `refused` for all that adds something to a room: whoever is silenced in the room may not do it either. */
  archived: 'allowed' | 'refused';
  /** Whether one-to-one rooms refuse the operation. @default allowed */
  direct?: 'refused';
  /**
   * True if the operation's own statement finds out that a membership or session is old. All other operations rely on a membership that
   * was read a moment ago.
   */
  guarded?: true;
  /** True if the operation changes the room's members or characters, so that remembered ones are out of date. */
  changesMembers?: true;
}

/**
 * What makes a call of an operation more than an ordinary one. `visibility`: the call changes who can find the room.
 * `retention`: it changes how long what was said is kept. `ranked`: the call
 * does something to a moderator or an owner.
 */
export type Aspect = 'visibility' | 'retention' | 'ranked';

/** Names of the rate limits. What each allows, and to whom, is in `apps/api/src/limits/limit-rules.ts`. */
export type LimitName =
  | 'register'
  | 'login'
  | 'loginAddress'
  | 'loginAccount'
  | 'password'
  | 'keys'
  | 'hooks'
  | 'refresh'
  | 'send'
  | 'changes'
  | 'search'
  | 'rooms'
  | 'lines'
  | 'person'
  | 'files'
  | 'characters'
  | 'profile'
  | 'reports'
  | 'typing'
  | 'agents'
  | 'ai';

/**
 * What happens when a caller repeats a call whose answer was lost. `safe`: nothing more, however late. `lastWins`: the same value is set
 * again, which undoes what was set meanwhile. `byClientId`: nothing more, because the id that the caller made shows the repeat.
 * `unsafe`: the operation is done twice, or the repeat is refused.
 */
export type Repeat = 'safe' | 'lastWins' | 'byClientId' | 'unsafe';

/** The permission that a key needs to call an operation. No key is ever given `account`. */
export type Scope = KeyScope | 'account';

/** One row of the table of operations. */
export type Operation = Access & Columns;
export type RoomOperation = RoomAccessRule & Columns;

interface Columns {
  /** The limits that a call counts against, in this order; null for none, which only reads may have. */
  limit: LimitName | readonly LimitName[] | null;
  /** The limit that a call counts against if it calls the AI, which the text of a message decides. @default none */
  aiLimit?: LimitName;
  repeat: Repeat;
  scope: Scope;
  /** Method and path of an operation that is a plain HTTP route and no procedure, because it is a stream. */
  route?: `${'GET' | 'POST'} /api/${string}`;
  /** Where REST has the procedure; several if it has more than one address, the best first. @default REST has it not */
  rest?: RestAddress | readonly RestAddress[];
  /** The name of the tool that MCP makes of the procedure. @default MCP has it not */
  mcp?: string;
  /** True if a call makes something new, which REST says by the status 201. */
  makes?: true;
  /** True if a call may last because it waits for something to happen: it takes no turn of its caller's while it does. */
  waits?: true;
  /** True if what a call asks for is done after its answer, which REST says by the status 202. */
  later?: true;
  /** The event that the audit log has of each call that did something. @default none: a read, or what is told in a room */
  audit?: AuditEvent;
  /** What a call does, as the reference of REST says it. */
  does: string;
}

/**
 * Method and path. What is in braces is a field of the procedure's input, and so is what follows a question mark, whose value is decided
 * by the address: `PUT /api/messages/{messageId}/pin?on=true`.
 */
export type RestAddress = `${'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'} /api/${string}`;
