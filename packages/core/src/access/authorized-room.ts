import type { AutoReply, CharacterView, RoomOperationName, RoomRole, RoomVisibility } from '@parley/contracts';
import type { Actor } from '../sessions/actor.js';

declare const proof: unique symbol;

/**
 * A room in which `actor` has the role that `operation` needs; whether the room's state or the thing it is done to forbids it,
 * `ensureMay` says. Only {@link RoomAccess} makes one. It was true when `membersRev` was the room's: every write made with it says so
 * on the counter row, and throws {@link StaleMembershipError} when it no longer holds.
 */
export interface AuthorizedRoom {
  readonly [proof]: true;
  readonly actor: Actor;
  readonly operation: RoomOperationName;
  readonly roomId: string;
  readonly visibility: RoomVisibility;
  readonly archived: boolean;
  /** Null where the operation needs no membership (`rooms.join`) and there is none. */
  readonly role: RoomRole | null;
  readonly membersRev: number;
  /** True if it was read after the call began. Only then may a use case refuse by it; see {@link refusalBy}. */
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

/** What a use case throws that refuses because of what `room` says: `error`, or the request to read the room anew if it may be old. */
export function refusalBy(room: AuthorizedRoom, error: Error): Error {
  return room.fresh ? error : new StaleMembershipError();
}

/**
 * What a use case answers that wrote nothing, as all is as it was asked for. No guard of its statement let that through, so it is an
 * answer only to one who was in the room when the call came.
 *
 * @throws StaleMembershipError if `room` may be old
 */
export function unchanged<T>(room: AuthorizedRoom, value: T): T {
  if (room.fresh) return value;
  throw new StaleMembershipError();
}
