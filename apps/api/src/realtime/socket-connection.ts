import type { Duplex } from 'node:stream';
import { closeCodes, type CloseCode } from '@parley/contracts';
import type { WebSocket } from 'ws';

export interface SocketLimits {
  /** Unsent bytes above which deltas are left out; a snapshot makes up for them. */
  lossyUnsentBytes: number;
  /** Unsent bytes above which the socket is closed with SLOW_READER. */
  maxUnsentBytes: number;
  /** Batches that wait for `hello` to go out. */
  maxHeldBatches: number;
}

/**
 * A WebSocket and the TCP stream below it, which the upgrade handed us. The hub writes whole frames, made once for many
 * sockets, to the stream; `ws` writes its own frames to the same stream at once as long as compression is off, so the two
 * never cut into each other.
 */
export class SocketConnection {
  readonly id: string;
  readonly limits: SocketLimits;
  readonly #ws: WebSocket;
  readonly #stream: Duplex;
  #onDrained: (() => void)[] = [];

  constructor(id: string, ws: WebSocket, stream: Duplex, limits: SocketLimits) {
    this.id = id;
    this.limits = limits;
    this.#ws = ws;
    this.#stream = stream;
    stream.on('drain', () => {
      const waiting = this.#onDrained;
      this.#onDrained = [];
      for (const listener of waiting) listener();
    });
  }

  get unsentBytes(): number {
    return this.#stream.writableLength;
  }

  /** True while frames may be sent: not before the handshake, not after a close frame. */
  get open(): boolean {
    return this.#ws.readyState === this.#ws.OPEN;
  }

  writeFrames(bytes: Buffer): void {
    if (this.open && bytes.length > 0) this.#stream.write(bytes);
  }

  onceDrained(listener: () => void): void {
    this.#onDrained.push(listener);
  }

  /** Starts the closing handshake; a peer that does not answer it within two seconds is cut off. */
  close(code: CloseCode, reason: string): void {
    if (this.#ws.readyState > this.#ws.OPEN) return;
    this.#ws.close(code, reason);
    setTimeout(() => this.#ws.terminate(), 2_000).unref();
  }

  /** A reader that does not read would not see the closing handshake either, so it gets a moment, then the cut. */
  closeSlow(): void {
    this.close(closeCodes.SLOW_READER, 'too slow: reconnect and resume');
  }
}
