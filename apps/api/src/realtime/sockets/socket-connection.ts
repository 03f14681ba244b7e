import type { Duplex } from 'node:stream';
import { AppError, closeCodes, type CloseCode } from '@parley/contracts';
import type { WebSocket } from 'ws';

export interface SocketLimits {
  /** Unsent bytes above which deltas are left out; a snapshot makes up for them. */
  lossyUnsentBytes: number;
  /** Unsent bytes above which the socket is closed with SLOW_READER. */
  maxUnsentBytes: number;
  /** Batches that wait for `hello` to go out. */
  maxHeldBatches: number;
  /** Frames, pings too, and calls taken in ten seconds; above, the socket is closed with PROTOCOL_ABUSE. */
  maxCallsPer10s: number;
  /** Subscriptions open at once. */
  maxSubscriptions: number;
}

const windowMs = 10_000;

/**
 * A WebSocket and the TCP stream below it, which the upgrade handed us. The hub writes whole frames, made once for many
 * sockets, to the stream; `ws` writes its own frames to the same stream at once as long as compression is off, so the two
 * never cut into each other.
 *
 * It also bounds what its peer can make us hold: unread answers, calls, subscriptions.
 */
export class SocketConnection {
  readonly id: string;
  readonly limits: SocketLimits;
  readonly #ws: WebSocket;
  readonly #stream: Duplex;
  #onDrained: (() => void)[] = [];
  #windowStart = 0;
  #calls = 0;
  #subscriptions = 0;

  /** Make it before anything else listens to `ws`: it is to see each frame first. */
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
    // `ws` takes pings and pongs by itself, at any rate, as long as its answers are read.
    for (const frame of ['message', 'ping', 'pong'] as const) ws.on(frame, () => this.noteCalls(1));
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

  /** The peer sent a frame, or this many calls in one. A peer that asks faster than it may, or reads nothing, is closed. */
  noteCalls(count: number): void {
    const now = performance.now();
    if (now - this.#windowStart > windowMs) {
      this.#windowStart = now;
      this.#calls = 0;
    }
    this.#calls += count;
    if (this.#calls > this.limits.maxCallsPer10s) this.close(closeCodes.PROTOCOL_ABUSE, 'too many calls: slow down');
    else this.noteSending();
  }

  /** Something is about to be sent that nobody throttles: an answer to a call. */
  noteSending(): void {
    if (this.unsentBytes > this.limits.maxUnsentBytes) this.closeSlow();
  }

  /**
   * @returns a function to call once when the subscription has ended
   * @throws AppError RATE_LIMITED for one too many
   */
  openSubscription(): () => void {
    const { maxSubscriptions } = this.limits;
    if (this.#subscriptions >= maxSubscriptions) {
      throw new AppError('RATE_LIMITED', `A socket holds ${maxSubscriptions} subscriptions at most. Stop one first.`);
    }
    this.#subscriptions++;
    return () => void this.#subscriptions--;
  }

  /** Sends one text frame, if the socket is open. */
  send(text: string): void {
    if (this.open) this.#ws.send(text);
  }

  /** Starts the closing handshake; a peer that does not answer it within two seconds is cut off. What it still sends is not heard. */
  close(code: CloseCode, reason: string): void {
    if (this.#ws.readyState > this.#ws.OPEN) return;
    this.#ws.removeAllListeners('message');
    this.#ws.close(code, reason);
    setTimeout(() => this.#ws.terminate(), 2_000).unref();
  }

  /** A reader that does not read would not see the closing handshake either, so it gets a moment, then the cut. */
  closeSlow(): void {
    this.close(closeCodes.SLOW_READER, 'too slow: reconnect and resume');
  }
}
