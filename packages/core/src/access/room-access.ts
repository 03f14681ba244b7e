import { AppError, backoffMs, decide, operationNamed, type RoomOperationName } from '@parley/contracts';
import type { Actor } from '../sessions/actor.js';
import type { CoreDeps } from '../deps.js';
import { loadMessageOrigin, type AuthorizedMessage } from './authorized-message.js';
import { StaleMembershipError, type AuthorizedRoom } from './authorized-room.js';
import { refusalError } from './ensure-may.js';
import { isRoomOfKey } from './key-rooms.js';
import { loadMembership, type Membership } from './load-membership.js';
import { MembershipCache, type CacheEntry } from './membership-cache.js';

export interface RoomAccessOptions {
  /** How many memberships are remembered; the least recently used is dropped first. @default 20000 */
  maxEntries?: number;
  /** The oldest membership a read may rely on, in milliseconds: for so long a person who was removed can still read. @default 500 */
  maxReadAgeMs?: number;
  /** How often an operation is tried while the membership keeps changing, before CONFLICT. @default 10 */
  maxAttempts?: number;
}

/** A reading under way. */
interface Load {
  /** When this reading began, by the process's monotonic clock, in milliseconds. */
  readAt: number;
  membership: Promise<Membership | null>;
}

/** From this retry on each retry waits first, doubling the wait, with jitter: after so many changes in a row, a crowd is coming or going. */
const patientFrom = 3;

/**
 * Decides by the table of operations who may do what in a room, and makes the proof of it. It remembers memberships, so that a person who
 * keeps writing costs no query. A write checks the `members_rev` of its proof; if that is old, the operation runs again with a fresh proof. A
 * refusal relies only on a membership read after the call began.
 */
export class RoomAccess {
  readonly #deps: Pick<CoreDeps, 'db'>;
  readonly #cache: MembershipCache;
  readonly #loads = new Map<string, Load>();
  readonly #maxReadAgeMs: number;
  readonly #maxAttempts: number;

  constructor(deps: Pick<CoreDeps, 'db'>, options: RoomAccessOptions = {}) {
    this.#deps = deps;
    this.#cache = new MembershipCache(options.maxEntries ?? 20_000);
    this.#maxReadAgeMs = options.maxReadAgeMs ?? 500;
    this.#maxAttempts = options.maxAttempts ?? 10;
  }

  /**
   * Calls `fn` with the room, if the actor's role in it allows `operation`. When `fn` throws {@link StaleMembershipError}, the
   * authorisation is made anew and `fn` is called again, so `fn` must have changed nothing when it throws that.
   *
   * @throws AppError ROOM_NOT_FOUND for a room that does not exist, and also for one that the actor may not see or the actor's key is not for; FORBIDDEN for a public
   * room that the actor has not joined, or a role that is too low; CONFLICT when the membership changes faster than it can be read;
   * SESSION_REVOKED, ACCOUNT_DISABLED; and what `fn` throws
   */
  async run<T>(actor: Actor, roomId: string, operation: RoomOperationName, fn: (room: AuthorizedRoom) => Promise<T>): Promise<T> {
    if (!isRoomOfKey(actor, roomId)) throw new AppError('ROOM_NOT_FOUND');
    const begunAt = performance.now();
    for (let attempt = 1; ; attempt++) {
      const room = this.#authorizeAtOnce(actor, roomId, operation, begunAt) ?? (await this.#authorize(actor, roomId, operation, begunAt));
      try {
        const result = await fn(room);
        if (operationNamed(operation).changesMembers) this.invalidate(roomId);
        return result;
      } catch (error) {
        if (!(error instanceof StaleMembershipError)) throw error;
        this.#forget(actor.userId, roomId);
        if (attempt >= this.#maxAttempts) throw new AppError('CONFLICT', undefined, { cause: error });
        if (attempt >= patientFrom) await delay(backoffMs(attempt - patientFrom, { firstMs: 5, maxMs: 100, least: 0 }));
      }
    }
  }

  /**
   * Calls `fn` with a message, if the actor's role in its room allows `operation`; all else as {@link RoomAccess.run}.
   *
   * @throws AppError MESSAGE_NOT_FOUND, also for a message in a room that the actor does not see; and what `run` throws
   */
  async runOfMessage<T>(
    actor: Actor,
    messageId: string,
    operation: RoomOperationName,
    fn: (message: AuthorizedMessage) => Promise<T>,
  ): Promise<T> {
    const origin = await loadMessageOrigin(this.#deps, messageId);
    try {
      return await this.run(actor, origin.roomId, operation, (room) => fn({ ...origin, room }));
    } catch (error) {
      // A caller who may not see the room gets the same answer as for a message that does not exist.
      throw AppError.is(error, 'ROOM_NOT_FOUND') ? new AppError('MESSAGE_NOT_FOUND', undefined, { cause: error }) : error;
    }
  }

  /** Forgets every membership of a room. Call this when another process changed the room's members. */
  invalidate(roomId: string): void {
    this.#cache.deleteRoom(roomId);
    for (const key of this.#loads.keys()) if (key.startsWith(roomId)) this.#loads.delete(key);
  }

  /** Authorises by the remembered membership; null if none is remembered or it does not allow the operation. */
  #authorizeAtOnce(actor: Actor, roomId: string, operation: RoomOperationName, begunAt: number): AuthorizedRoom | null {
    const remembered = this.#remembered(actor, roomId, operation);
    if (!remembered || refusal(actor, remembered.membership, operation)) return null;
    // True when the membership was read after this call began, as it is when a call is tried again.
    const fresh = remembered.readAt >= begunAt && remembered.membership.sessionId === actor.sessionId;
    return authorized(remembered.membership, actor, roomId, operation, fresh);
  }

  async #authorize(actor: Actor, roomId: string, operation: RoomOperationName, begunAt: number): Promise<AuthorizedRoom> {
    // The reading under way may have begun before this call, so its result may admit but not refuse.
    const underWay = this.#loads.get(loadKey(actor, roomId));
    const shared = underWay && (await underWay.membership.catch(() => null));
    if (shared && !shared.archived && !shared.silenced && !refusal(actor, shared, operation)) {
      return authorized(shared, actor, roomId, operation, underWay.readAt >= begunAt);
    }
    const membership = await this.#load(actor, roomId);
    const refused = refusal(actor, membership, operation);
    if (refused) throw refused;
    return authorized(membership!, actor, roomId, operation, true);
  }

  #remembered(actor: Actor, roomId: string, operation: RoomOperationName): CacheEntry | undefined {
    const entry = this.#cache.get(actor.userId, roomId);
    // Do not rely on a remembered membership of an archived room, nor on one of a person who is silenced: most writes would be refused,
    // and the room may have been opened again, the silence be over.
    if (!entry || operationNamed(operation).guarded) {
      return entry?.membership.archived || entry?.membership.silenced ? undefined : entry;
    }
    const young = performance.now() - entry.readAt <= this.#maxReadAgeMs;
    return young && entry.membership.sessionId === actor.sessionId ? entry : undefined;
  }

  /** Reads the membership and remembers it. Calls that come during the reading wait for its result instead of reading themselves. */
  async #load(actor: Actor, roomId: string): Promise<Membership | null> {
    const key = loadKey(actor, roomId);
    const readAt = performance.now();
    const load: Load = { readAt, membership: loadMembership(this.#deps, actor, roomId) };
    this.#loads.set(key, load);
    try {
      const membership = await load.membership;
      // If `load` is no longer in the table, the room was invalidated or a later load replaced this one: do not remember its result.
      if (membership && this.#loads.get(key) === load) this.#cache.set(actor.userId, roomId, { membership, readAt });
      return membership;
    } finally {
      if (this.#loads.get(key) === load) this.#loads.delete(key);
    }
  }

  #forget(userId: string, roomId: string): void {
    this.#cache.delete(userId, roomId);
  }
}

function loadKey(actor: Actor, roomId: string): string {
  return `${roomId} ${actor.userId} ${actor.sessionId}`;
}

/** Why the actor may not even begin the operation; null if the actor may. */
function refusal(actor: Actor, membership: Membership | null, operation: RoomOperationName): AppError | null {
  const decision = decide(operation, { instanceRole: actor.role, room: membership });
  if (decision.kind === 'allowed') return null;
  switch (decision.reason) {
    case 'signedOut':
    case 'notAdmin':
    case 'hidden':
    case 'notInvited':
    case 'notJoined':
    case 'role':
      return refusalError(decision);
    // The use case decides these: it knows the thing itself, or the call may repeat one that succeeded.
    case 'direct':
    case 'notOwn':
    case 'aspect':
    case 'archived':
    case 'silenced':
      return null;
  }
}

function authorized(membership: Membership, actor: Actor, roomId: string, operation: RoomOperationName, fresh: boolean): AuthorizedRoom {
  const { visibility, archived, aiPaused, replyControl, role, invited, silenced, banned, membersRev, hooked, filtered, characters } =
    membership;
  const proof: Omit<AuthorizedRoom, symbol> = {
    actor,
    operation,
    roomId,
    visibility,
    archived,
    aiPaused,
    replyControl,
    role,
    invited,
    silenced,
    banned,
    membersRev,
    hooked,
    filtered,
    fresh,
    characters,
  };
  // The only place that makes the proof.
  return proof as AuthorizedRoom;
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
