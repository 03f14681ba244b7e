import type { AppErrorCode } from '../errors.js';
import type { InstanceRole, ReplyControl, RoomRole, RoomVisibility } from '../views.js';
import type { Aspect, RoleRule, RoomAccessRule } from './operation.js';
import { operationNamed, type OperationName } from './operations.js';

/** The facts that {@link decide} needs. */
export interface Facts {
  /** The caller's role in the instance; null for a caller who is not signed in. */
  instanceRole: InstanceRole | null;
  /** The room of the operation; null for a room that does not exist, and for operations on no room. */
  room?: RoomFacts | null | undefined;
  /** True if the thing operated on is the caller's: they wrote the message, asked for the reply, made the character. @default false */
  own?: boolean | undefined;
  /** Why this call is more than an ordinary one; null if it is ordinary. */
  aspect?: Aspect | null | undefined;
}

export interface RoomFacts {
  /** The caller's role in the room; null for a caller who is not in it. */
  role: RoomRole | null;
  visibility: RoomVisibility;
  archived: boolean;
  /** True if a moderator has silenced the caller: then they may do what one may in an archived room. @default false */
  silenced?: boolean | undefined;
  /** @default 'asker' */
  replyControl?: ReplyControl | undefined;
  /** True if an invitation to join the room waits for the caller. @default false */
  invited?: boolean;
}

/**
 * Why a call is refused, in this order: the caller is not signed in; is no admin; cannot see the room; is not invited to the room; is not
 * in it; has too low a role; the room is one-to-one; the thing operated on is someone else's; an aspect of the call needs a higher role; the room is
 * archived; the caller is silenced.
 */
export type RefusalReason =
  | 'signedOut'
  | 'notAdmin'
  | 'hidden'
  | 'notInvited'
  | 'notJoined'
  | 'role'
  | 'direct'
  | 'notOwn'
  | 'aspect'
  | 'archived'
  | 'silenced';

export type Decision = { kind: 'allowed' } | Refusal;

export interface Refusal {
  kind: 'refused';
  reason: RefusalReason;
  code: AppErrorCode;
}

const codes = {
  signedOut: 'UNAUTHENTICATED',
  notAdmin: 'FORBIDDEN',
  hidden: 'ROOM_NOT_FOUND',
  notInvited: 'FORBIDDEN',
  notJoined: 'FORBIDDEN',
  role: 'FORBIDDEN',
  direct: 'FORBIDDEN',
  notOwn: 'FORBIDDEN',
  aspect: 'FORBIDDEN',
  archived: 'ROOM_ARCHIVED',
  silenced: 'SILENCED',
} as const satisfies Record<RefusalReason, AppErrorCode>;

/**
 * Decides by the table of operations alone whether someone may call an operation. If there are several reasons against it, the answer is
 * the first in the order of {@link RefusalReason}, so that nobody learns of a room's state before they may see the room.
 */
export function decide(name: OperationName, facts: Facts): Decision {
  const reason = against(name, facts);
  return reason === null ? { kind: 'allowed' } : { kind: 'refused', reason, code: codes[reason] };
}

/** {@link decide} without the reason. Pages use it: they do not offer an operation for which it is false. */
export function may(name: OperationName, facts: Facts): boolean {
  return against(name, facts) === null;
}

/** The aspect of a call that does something to a member of this role; null if the call is ordinary. */
export function aspectOfMember(role: RoomRole): Aspect | null {
  return includesRole(role, 'moderator') ? 'ranked' : null;
}

function against(name: OperationName, facts: Facts): RefusalReason | null {
  const row = operationNamed(name);
  if (row.who === 'anyone') return null;
  if (facts.instanceRole === null) return 'signedOut';
  switch (row.who) {
    case 'user':
      return null;
    case 'admin':
      return facts.instanceRole === 'admin' ? null : 'notAdmin';
    case 'maker':
      return facts.own || (row.orAdmin && facts.instanceRole === 'admin') ? null : 'notOwn';
    case 'reader':
    case 'room':
    case 'self':
    case 'invited':
      return againstInRoom(row, facts);
  }
}

function againstInRoom(rule: RoomAccessRule, { room, own = false, aspect = null }: Facts): RefusalReason | null {
  // Of the room itself an invited person sees no more than anyone who is not in it.
  const known = room && (room.visibility === 'public' || room.role !== null || (rule.who === 'invited' && room.invited));
  if (!known) return 'hidden';
  const { role, visibility, archived, silenced, invited, replyControl } = room;
  if (rule.who === 'invited') {
    if (role === null && !invited) return 'notInvited';
  } else if (rule.who !== 'reader') {
    if (role === null) return 'notJoined';
    if (rule.who === 'room' && !includesRole(role, roleNeeded(rule, visibility))) return 'role';
  }
  if (visibility === 'direct' && rule.direct === 'refused') return 'direct';
  if (rule.who === 'self' && !own && !includesRole(role, rule.orRoomRole) && !(rule.orAnyone && replyControl === 'anyone')) return 'notOwn';
  if (rule.who === 'room' && aspect && rule.where?.[aspect] && !includesRole(role, rule.where[aspect])) return 'aspect';
  if (rule.archived === 'allowed') return null;
  return archived ? 'archived' : silenced ? 'silenced' : null;
}

function roleNeeded(rule: RoleRule, visibility: RoomVisibility): RoomRole {
  switch (visibility) {
    case 'public':
      return rule.role;
    case 'private':
      return rule.inPrivate ?? rule.role;
    case 'direct':
      return rule.inDirect ?? rule.inPrivate ?? rule.role;
  }
}

const rank: Record<RoomRole, number> = { member: 0, moderator: 1, owner: 2 };

/** True if `role` is `required` or above it; false if either is missing. */
export function includesRole(role: RoomRole | null, required: RoomRole | undefined): boolean {
  return role !== null && required !== undefined && rank[role] >= rank[required];
}
