import { isFinalClose, closeCodes } from '@parley/contracts';
import { createWSClient, wsLink, type TRPCLink } from '@trpc/client';
import { observable } from '@trpc/server/observable';
import type { AppRouter } from '@parley/api';
import { Backoff, Waits, type BackoffOptions } from '../backoff.js';
import { refusal } from '../call-error.js';
import type { Environment } from '../environment.js';
import { Listeners } from '../listeners.js';
import type { ConnectionState } from '../types.js';
import { observeSockets, type ObservedSocket, type SocketTimes } from './observed-socket.js';

export interface ConnectionOptions extends SocketTimes {
  /** The WebSocket address of `/trpc`. */
  url: string;
  WebSocket: typeof WebSocket;
  environment: Environment;
  backoff?: BackoffOptions | undefined;
  /** Resolves with a valid access token; awaited before each attempt to connect. */
  freshToken(): Promise<string>;
  accessToken(): string | null;
  /** Called when the server closed the socket because this token has expired. */
  onExpired(accessToken: string | null): void;
  /** Called when the server closed the socket and refuses these credentials for good. */
  onFinal(code: number, reason: string): void;
}

type WsClient = ReturnType<typeof createWSClient>;
type Wire = ReturnType<TRPCLink<AppRouter>>;

/**
 * The client's one WebSocket: opened at sign-in, closed at sign-out, and reconnected in between. tRPC's client carries the calls and
 * resumes the subscriptions. This class decides when to try, with which token, and whether at all.
 */
export class Connection {
  readonly #options: ConnectionOptions;
  readonly #listeners = new Listeners();
  readonly #waits = new Waits();
  readonly #backoff: Backoff;
  readonly #sockets = new Set<ObservedSocket & WebSocket>();
  readonly #Socket: typeof WebSocket;
  readonly #stopWatching: () => void;
  #client: WsClient | null = null;
  #wire: Wire | null = null;
  #state: ConnectionState = { kind: 'connecting', rttMs: null };
  #connected = false;
  #wasConnected = false;
  #online: boolean;
  /**
   * True from when the browser says that the network is gone until the server answers: an open socket proves nothing then, and a server on
   * this machine is there all the same.
   */
  #doubted = false;
  /** True when the next connection does not follow a failure, so that it need not wait. */
  #atOnce = true;
  #shownToken: string | null = null;
  #giveUpTurn = () => {};
  /** Called when a socket has left {@link #sockets}. */
  #onGone = () => {};

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#online = options.environment.isOnline();
    this.#backoff = new Backoff(options.backoff, () => options.environment.isHidden());
    this.#Socket = observeSockets(options.WebSocket, options, {
      onReady: (socket) => this.#sockets.add(socket as ObservedSocket & WebSocket),
      onRoundTrip: (rttMs) => {
        this.#doubted = false;
        this.#show(rttMs);
      },
      onGone: (socket) => {
        this.#sockets.delete(socket as ObservedSocket & WebSocket);
        this.#onGone();
      },
    });
    this.#stopWatching = options.environment.onChange(() => this.#environmentChanged());
    this.#show(null);
  }

  get state(): ConnectionState {
    return this.#state;
  }

  get isConnected(): boolean {
    return this.#connected;
  }

  subscribe(listener: () => void): () => void {
    return this.#listeners.add(listener);
  }

  /** Connects as the person who is signed in. Does nothing if it is open already. */
  open(): void {
    if (this.#client) return;
    this.#wasConnected = false;
    this.#atOnce = true;
    this.#backoff.reset();
    const client: WsClient = createWSClient({
      url: async () => {
        // tRPC's constructor calls this before it has returned: wait a microtask so that the client is assigned.
        await Promise.resolve();
        if (this.#client !== client) throw new Error('closed');
        return this.#turn();
      },
      connectionParams: () => {
        this.#shownToken = this.#options.accessToken();
        return { accessToken: this.#shownToken ?? '' };
      },
      WebSocket: this.#Socket,
      // All waiting is done in `url`, where it can be cut short.
      retryDelayMs: () => 0,
      onClose: (cause) => this.#closed(client, cause as { code?: number; reason?: string } | undefined),
    });
    this.#client = client;
    client.connectionState.subscribe({
      next: ({ state }) => {
        if (this.#client !== client) return;
        if (this.#connected !== (state === 'pending')) this.#doubted = false;
        this.#connected = state === 'pending';
        this.#wasConnected ||= this.#connected;
        this.#show(this.#connected ? this.#state.rttMs : null);
      },
    });
  }

  /** Disconnects: subscriptions complete, calls fail. {@link open} starts anew. */
  shut(): void {
    const client = this.#client;
    if (!client) return;
    this.#client = null;
    this.#wire = null;
    this.#connected = false;
    this.#wasConnected = false;
    // tRPC's `close` first waits for answers under way, which will not come: do not await it.
    client.close().catch(() => {});
    this.#giveUpTurn();
    this.#waits.endAll();
    for (const socket of [...this.#sockets]) socket.close();
    this.#show(null);
  }

  /** Moves to a new socket, opened with the current token, before the server closes the old one. Nothing is interrupted. */
  renew(): void {
    if (!this.#connected) return;
    this.#atOnce = true;
    for (const socket of [...this.#sockets]) socket.requestReconnect();
  }

  close(): void {
    this.shut();
    this.#stopWatching();
    this.#listeners.clear();
  }

  /** Sends a call over the socket. While the socket is down the call waits; when nobody is signed in it is refused. */
  carry(call: Parameters<Wire>[0]): ReturnType<Wire> {
    return observable((observer) => {
      if (!this.#client) return observer.error(refusal('UNAUTHENTICATED'));
      this.#wire ??= wsLink<AppRouter>({ client: this.#client })({});
      return this.#wire(call).subscribe({
        next: (value) => {
          // Only an answer proves that the server has accepted this client; an open socket alone does not.
          if (value.result.type !== 'state') this.#backoff.reset();
          observer.next(value);
        },
        error: (error) => observer.error(error),
        complete: () => observer.complete(),
      });
    });
  }

  /**
   * Waits until it is time for the next try, and for a token to send. While a socket is closing, a call makes tRPC's client begin one try,
   * and the end of the closing makes it begin another. Only the later try may go on. The earlier must give up at once, because when a try
   * gives up, tRPC's client closes whatever socket it has by then.
   */
  async #turn(): Promise<string> {
    this.#giveUpTurn();
    const givenUp = new Promise<never>((_, reject) => {
      this.#giveUpTurn = () => reject(new Error('another connection is being made, or none'));
    });
    givenUp.catch(() => {});
    const lost = !this.#atOnce;
    this.#atOnce = false;
    const delayMs = lost ? this.#backoff.next() : 0;
    if (delayMs > 0) await Promise.race([this.#waits.wait(delayMs), givenUp]);
    await Promise.race([this.#options.freshToken(), givenUp]);
    if (lost) await Promise.race([this.#allClosed(), givenUp]);
    return this.#options.url;
  }

  #closing(): boolean {
    return [...this.#sockets].some((socket) => socket.readyState !== socket.OPEN);
  }

  /** Resolves when no socket is closing any more, and the try that tRPC's client makes after a loss has begun. */
  async #allClosed(): Promise<void> {
    do {
      while (this.#closing()) await new Promise<void>((resolve) => void (this.#onGone = resolve));
      // tRPC's client begins that try after a timer of 0 ms, which it set when the socket was closed: before this timer, so it fires first.
      await new Promise((resolve) => setTimeout(resolve, 0));
    } while (this.#closing());
  }

  #closed(client: WsClient, cause: { code?: number; reason?: string } | undefined): void {
    if (this.#client !== client) return;
    const { code = 1006, reason = '' } = cause ?? {};
    if (code === closeCodes.IDENTITY_EXPIRED) this.#options.onExpired(this.#shownToken);
    if (!isFinalClose(code)) return;
    this.shut();
    this.#options.onFinal(code, reason);
  }

  #environmentChanged(): void {
    const { environment } = this.#options;
    const online = environment.isOnline();
    const lost = this.#online && !online;
    this.#online = online;
    if (lost) this.#doubted = true;
    if (online && !environment.isHidden()) this.#waits.endAll();
    if (lost || (online && !environment.isHidden())) {
      for (const socket of [...this.#sockets]) socket.probe();
    }
    this.#show(this.#state.rttMs);
  }

  #show(rttMs: number | null): void {
    const kind =
      this.#connected && !this.#doubted
        ? 'connected'
        : !this.#options.environment.isOnline()
          ? 'offline'
          : this.#wasConnected
            ? 'reconnecting'
            : 'connecting';
    const shown = kind === 'connected' ? rttMs : null;
    if (this.#state.kind === kind && this.#state.rttMs === shown) return;
    this.#state = { kind, rttMs: shown };
    this.#listeners.notify();
  }
}
