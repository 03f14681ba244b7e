import { AppError, closeCodes, channels, type CloseCode, type UserPayload } from '@parley/contracts';
import type { Bus, BusSubscription } from '@parley/bus';
import type { Actor } from '@parley/core/sessions/actor';
import type { SessionGuard } from '../../auth/session-guard.js';

/** A socket, or a subscription over HTTP. */
export interface Closable {
  close(code: CloseCode, reason: string): void;
}

interface LiveSocket {
  connection: Closable;
  actor: Actor;
  expiry: NodeJS.Timeout;
}

interface User {
  sockets: Set<LiveSocket>;
  subscription: Promise<BusSubscription>;
  /** True when the bus refused the subscription: the next sweep tries again. */
  unheard: boolean;
}

/**
 * How long new sockets gather before their sessions are looked up again, in milliseconds, so that a crowd that reconnects costs one
 * query.
 */
const newcomersMs = 100;

/** The longest delay a timer takes, in milliseconds; later ones would fire at once. */
const maxTimerMs = 2_147_483_647;

/**
 * The authenticated sockets (and subscriptions over HTTP) of this process, by user. A socket is closed when its token expires or its
 * session ends. The bus tells of an ended session within a second; if the bus lost that, the next sweep finds it.
 */
export class LiveSockets {
  readonly #bus: Bus;
  readonly #maxPerUser: number;
  readonly #sessions: SessionGuard;
  readonly #onError: (error: unknown, operation: string) => void;
  readonly #onMembership: (userId: string, roomId: string) => void;
  readonly #onSwept: (seconds: number, repaired: number) => void;
  readonly #users = new Map<string, User>();
  readonly #sweep: NodeJS.Timeout;
  #newcomers = new Set<LiveSocket>();
  #newcomersTimer: NodeJS.Timeout | null = null;
  #count = 0;
  #closed = false;

  constructor(options: {
    bus: Bus;
    sessions: SessionGuard;
    sweepMs: number;
    /** Sockets, and subscriptions over HTTP, that one user may have here. */
    maxPerUser: number;
    onError(error: unknown, operation: string): void;
    /** Called when the membership of a user with sockets here changed. */
    onMembership(userId: string, roomId: string): void;
    /** Told of each sweep of sessions, with how many sockets it closed. @default nobody is told */
    onSwept?: (seconds: number, repaired: number) => void;
  }) {
    this.#bus = options.bus;
    this.#maxPerUser = options.maxPerUser;
    this.#sessions = options.sessions;
    this.#onError = options.onError;
    this.#onMembership = options.onMembership;
    this.#onSwept = options.onSwept ?? (() => {});
    this.#sweep = setInterval(() => this.#sweepAll(), options.sweepMs);
  }

  get count(): number {
    return this.#count;
  }

  /**
   * @returns a function to call when the socket is closed
   * @throws AppError RATE_LIMITED if the user has as many as one may have
   */
  add(connection: Closable, actor: Actor): () => void {
    if ((this.#users.get(actor.userId)?.sockets.size ?? 0) >= this.#maxPerUser) {
      throw new AppError('RATE_LIMITED', `An account has ${this.#maxPerUser} sockets and streams of events at most. Close one first.`);
    }
    const socket: LiveSocket = {
      connection,
      actor,
      expiry: setTimeout(
        () => {
          // A key that is over has no successor.
          if (actor.key) connection.close(closeCodes.SESSION_ENDED, 'the time of this key is over');
          else connection.close(closeCodes.IDENTITY_EXPIRED, 'token expired: refresh and reconnect');
        },
        Math.min(Math.max(0, actor.expiresAt - Date.now()), maxTimerMs),
      ),
    };
    const user = this.#users.get(actor.userId) ?? this.#listen(actor.userId);
    user.sockets.add(socket);
    this.#count++;
    // If the bus refused, the sweep looks at this session.
    user.subscription.then(() => this.#noteNewcomer(socket)).catch(() => {});
    return () => {
      clearTimeout(socket.expiry);
      this.#newcomers.delete(socket);
      if (!user.sockets.delete(socket)) return;
      this.#count--;
      if (user.sockets.size > 0) return;
      this.#users.delete(actor.userId);
      user.subscription.then((subscription) => subscription.unsubscribe()).catch(() => {});
    };
  }

  closeAll(code: CloseCode, reason: string): void {
    for (const { sockets } of this.#users.values()) for (const { connection } of sockets) connection.close(code, reason);
  }

  close(): void {
    this.#closed = true;
    clearInterval(this.#sweep);
    if (this.#newcomersTimer) clearTimeout(this.#newcomersTimer);
    this.closeAll(closeCodes.SERVER_STOPPING, 'stopping: reconnect');
  }

  #listen(userId: string): User {
    const user: User = { sockets: new Set(), subscription: this.#subscribe(userId), unheard: false };
    this.#noteRefusal(user);
    this.#users.set(userId, user);
    return user;
  }

  #subscribe(userId: string): Promise<BusSubscription> {
    return this.#bus.subscribe(channels.user(userId), (payload) => this.#receive(userId, payload));
  }

  #noteRefusal(user: User): void {
    user.subscription.catch((error: unknown) => {
      user.unheard = true;
      this.#onError(error, 'listen for a user’s sessions');
    });
  }

  #receive(userId: string, payload: UserPayload): void {
    if (payload.type === 'sessionEnded') {
      this.#sessions.forget(payload.sessionId);
      for (const { actor, connection } of this.#users.get(userId)?.sockets ?? []) {
        if (payload.sessionId === null || payload.sessionId === actor.sessionId)
          connection.close(closeCodes.SESSION_ENDED, 'session ended');
      }
    } else if (payload.type === 'role') {
      for (const { actor, connection } of this.#users.get(userId)?.sockets ?? []) {
        this.#sessions.forget(actor.sessionId);
        // A socket acts by what its user might do when it was opened.
        connection.close(closeCodes.IDENTITY_EXPIRED, 'what you may do changed: refresh and reconnect');
      }
    } else if (payload.type === 'membership') this.#onMembership(userId, payload.roomId);
  }

  /**
   * Has a new socket's session looked up again. The first look-up came before this process listened to the bus, and its answer may have
   * been remembered from a moment earlier. If the session ended in between, nobody told this process.
   */
  #noteNewcomer(socket: LiveSocket): void {
    if (this.#closed || !this.#users.get(socket.actor.userId)?.sockets.has(socket)) return;
    this.#newcomers.add(socket);
    this.#newcomersTimer ??= setTimeout(() => {
      const newcomers = this.#newcomers;
      this.#newcomers = new Set();
      this.#newcomersTimer = null;
      void this.#closeEnded(newcomers);
    }, newcomersMs);
  }

  #sweepAll(): void {
    for (const [userId, user] of this.#users) {
      if (!user.unheard) continue;
      user.unheard = false;
      user.subscription = this.#subscribe(userId);
      this.#noteRefusal(user);
    }
    void this.#closeEnded([...this.#users.values()].flatMap(({ sockets }) => [...sockets]));
  }

  async #closeEnded(sockets: Iterable<LiveSocket>): Promise<void> {
    const bySession = new Map<string, Closable[]>();
    for (const { actor, connection } of sockets) bySession.set(actor.sessionId, [...(bySession.get(actor.sessionId) ?? []), connection]);
    if (bySession.size === 0) return;
    const startedAt = performance.now();
    let closed = 0;
    try {
      for (const sessionId of await this.#sessions.ended([...bySession.keys()])) {
        for (const connection of bySession.get(sessionId) ?? []) {
          connection.close(closeCodes.SESSION_ENDED, 'session ended');
          closed++;
        }
      }
      this.#onSwept((performance.now() - startedAt) / 1000, closed);
    } catch (error) {
      this.#onError(error, 'sweep sessions');
    }
  }
}
