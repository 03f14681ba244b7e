import type { AutoReply, CharacterView, ProcedureName, RoomRole, RoomVisibility } from '@parley/contracts';
import type { Actor } from '../auth/actor.js';

declare const proof: unique symbol;

/**
 * A room in which `actor` may call `procedure`. Only {@link RoomAccess} makes one. It was true when `membersRev` was the room's:
 * every write made with it says so on the counter row, and throws {@link StaleMembershipError} when it no longer holds.
 */
export interface AuthorizedRoom {
  readonly [proof]: true;
  readonly actor: Actor;
  readonly procedure: ProcedureName;
  readonly roomId: string;
  readonly visibility: RoomVisibility;
  readonly archived: boolean;
  /** Null where the procedure needs no membership (`rooms.join`) and there is none. */
  readonly role: RoomRole | null;
  readonly membersRev: number;
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
