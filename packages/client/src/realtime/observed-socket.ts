export interface SocketHooks {
  /** Called when the access token has been sent: from then on the socket is in use. */
  onReady(socket: ObservedSocket): void;
  onRoundTrip(rttMs: number): void;
  onGone(socket: ObservedSocket): void;
}

export interface SocketTimes {
  /** How often a PING is sent, in milliseconds. */
  pingIntervalMs: number;
  /** How long after a PING the server has to send anything at all, in milliseconds. */
  pongTimeoutMs: number;
  /** How long the opening handshake may take, in milliseconds. */
  openTimeoutMs: number;
}

export interface ObservedSocket {
  /**
   * Acts as if the server had asked for a reconnect: tRPC's client opens another socket and moves its subscriptions there without a gap.
   */
  requestReconnect(): void;
  /** Sends a PING now, to learn whether the server is still there. */
  probe(): void;
}

type Listener = (this: unknown, event: unknown) => void;

const reconnectFrame = JSON.stringify({ id: null, method: 'reconnect' });

/**
 * Makes a WebSocket class for tRPC's client that measures round trips and finds a dead connection within seconds, where the closing
 * handshake would wait for a peer that is gone. It also lets us trigger the client's own seamless reconnect, which otherwise only a
 * server can.
 */
export function observeSockets(Base: typeof WebSocket, times: SocketTimes, hooks: SocketHooks): typeof WebSocket {
  return class Socket extends Base implements ObservedSocket {
    readonly #onMessage = new Set<Listener>();
    readonly #onClose = new Set<Listener>();
    /** PINGs that are not answered yet, in order: the time at which ours was sent, or null for one of tRPC's. */
    readonly #pings: (number | null)[] = [];
    #ready = false;
    #gone = false;
    readonly #openTimer: ReturnType<typeof setTimeout>;
    #pingTimer: ReturnType<typeof setTimeout> | undefined;
    #pongTimer: ReturnType<typeof setTimeout> | undefined;

    constructor(url: string | URL, protocols?: string | string[]) {
      super(url, protocols);
      // Closing a socket that is not open yet makes it fail, which tRPC's client handles as an error.
      this.#openTimer = setTimeout(() => super.close(), times.openTimeoutMs);
      super.addEventListener('open', () => clearTimeout(this.#openTimer));
      super.addEventListener('message', (event) => this.#receive(event));
      super.addEventListener('close', (event) => this.#ended(event));
    }

    override addEventListener(type: string, listener: unknown, options?: unknown): void {
      if (type === 'message') this.#onMessage.add(listener as Listener);
      else if (type === 'close') this.#onClose.add(listener as Listener);
      else super.addEventListener(type, listener as EventListener, options as AddEventListenerOptions);
    }

    override removeEventListener(type: string, listener: unknown, options?: unknown): void {
      if (type === 'message') this.#onMessage.delete(listener as Listener);
      else if (type === 'close') this.#onClose.delete(listener as Listener);
      else super.removeEventListener(type, listener as EventListener, options as EventListenerOptions);
    }

    override send(data: string): void {
      if (data === 'PING') this.#pings.push(null);
      // tRPC's client sends all calls of one turn in one frame, which may be larger than the server accepts: send each call in a frame of
      // its own.
      if (data.startsWith('[')) for (const call of JSON.parse(data) as unknown[]) super.send(JSON.stringify(call));
      else super.send(data);
      // The first frame that tRPC's client sends holds the connectionParams.
      if (this.#ready || this.#gone) return;
      this.#ready = true;
      this.probe();
      hooks.onReady(this);
    }

    override close(code?: number, reason?: string): void {
      super.close(code, reason);
      // On a dead connection nobody answers the closing handshake, so do not wait for it.
      if (this.#ready && !this.#gone) this.#pongTimer ??= setTimeout(() => this.#die(), times.pongTimeoutMs);
    }

    requestReconnect(): void {
      this.#tell(this.#onMessage, { type: 'message', data: reconnectFrame });
    }

    probe(): void {
      if (this.#gone || !this.#ready || this.readyState !== this.OPEN) return;
      clearTimeout(this.#pingTimer);
      this.#pingTimer = setTimeout(() => this.probe(), times.pingIntervalMs);
      this.#pings.push(performance.now());
      super.send('PING');
      this.#pongTimer ??= setTimeout(() => this.#die(), times.pongTimeoutMs);
    }

    #receive(event: MessageEvent): void {
      if (this.#gone) return;
      // Any frame shows that the server is there.
      clearTimeout(this.#pongTimer);
      this.#pongTimer = undefined;
      if (event.data === 'PONG') {
        const sentAt = this.#pings.shift();
        if (typeof sentAt === 'number') return hooks.onRoundTrip(performance.now() - sentAt);
      }
      this.#tell(this.#onMessage, event);
    }

    #die(): void {
      this.#ended({ type: 'close', code: 1006, reason: '', wasClean: false });
      super.close();
      // The `ws` package of Node programs can end a connection without the closing handshake.
      (this as { terminate?: () => void }).terminate?.();
    }

    #ended(event: unknown): void {
      if (this.#gone) return;
      this.#gone = true;
      clearTimeout(this.#openTimer);
      clearTimeout(this.#pingTimer);
      clearTimeout(this.#pongTimer);
      hooks.onGone(this);
      this.#tell(this.#onClose, event);
    }

    #tell(listeners: Set<Listener>, event: unknown): void {
      for (const listener of [...listeners]) listener.call(this, event);
    }
  };
}
