import type { AutoReply, CharacterView, ReplyControl, RoomOperationName, RoomRole, RoomVisibility } from '@parley/contracts';
import type { Actor } from '../sessions/actor.js';

declare const proof: unique symbol;

/**
 * Proof that `actor` has the role that `operation` needs in this room. It does not say whether the room's state, or the thing operated on,
 * forbids the operation: {@link ensureMay} says that. Only {@link RoomAccess} makes this proof. The proof holds while the room's `members_rev`
 * equals `membersRev`: every write made with the proof checks that on the counter row, and throws {@link StaleMembershipError} when the
 * numbers differ.
 */
export interface AuthorizedRoom {
  readonly [proof]: true;
  readonly actor: Actor;
  readonly operation: RoomOperationName;
  readonly roomId: string;
  readonly visibility: RoomVisibility;
  readonly archived: boolean;
  /** True if no character may be asked anything in the room, guarded by `membersRev`. */
  readonly aiPaused: boolean;
  readonly replyControl: ReplyControl;
  /** Null for an actor who is not a member, which only some operations allow (`rooms.join`, `rooms.acceptInvitation`). */
  readonly role: RoomRole | null;
  /** True if an invitation to join the room waits for the actor, who is then no member. */
  readonly invited: boolean;
  /** True if a moderator has silenced the actor for now. Its beginning moves `members_rev`; that it is over shows when the room is read anew. */
  readonly silenced: boolean;
  /** True if the actor is banned from the room, and is no member then. */
  readonly banned: boolean;
  readonly membersRev: number;
  /** False if no webhook hears of the room. A write that relies on it checks that on the counter row, as it does `membersRev`. */
  readonly hooked: boolean;
  /** True if the room has blocked words of its own, guarded by `membersRev`. */
  readonly filtered: boolean;
  /** True if the membership was read after the call began. Only then may a use case refuse because of it; see {@link refusalBy}. */
  readonly fresh: boolean;
  /** Characters in the room, guarded by the same `membersRev`. */
  readonly characters: readonly RoomCharacterEntry[];
}

export interface RoomCharacterEntry {
  character: CharacterView;
  autoReply: AutoReply;
  isAssistant: boolean;
}

/** The room's members or characters changed since the authorisation was made: reload it and try again, or refuse. */
export class StaleMembershipError extends Error {
  override readonly name = 'StaleMembershipError';
}

/**
 * The error that a use case throws when `room` makes it refuse: `error`, or {@link StaleMembershipError} if `room` may be old, so that it is
 * read anew.
 */
export function refusalBy(room: AuthorizedRoom, error: Error): Error {
  return room.fresh ? error : new StaleMembershipError();
}

/**
 * The answer of a use case that found nothing to write. No statement has checked `room` in that case, so this function does: only someone who
 * was in the room when the call came gets the answer.
 *
 * @throws StaleMembershipError if `room` may be old
 */
export function unchanged<T>(room: AuthorizedRoom, value: T): T {
  if (room.fresh) return value;
  throw new StaleMembershipError();
}
