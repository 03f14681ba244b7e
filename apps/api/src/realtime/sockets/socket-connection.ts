import type { Duplex } from 'node:stream';
import { AppError, closeCodes, type CloseCode } from '@parley/contracts';
import type { WebSocket } from 'ws';
import type { FrameSink, SinkLimits } from './frame-sink.js';

export interface SocketLimits extends SinkLimits {
  /** The most frames, pings included, and calls in ten seconds. Above this the socket is closed with PROTOCOL_ABUSE. */
  maxCallsPer10s: number;
  /** Subscriptions open at once. */
  maxSubscriptions: number;
}

const windowMs = 10_000;

/**
 * A WebSocket and the TCP stream below it, which the upgrade handed us. The hub writes whole frames, made once for many sockets, to the
 * stream. `ws` writes its own frames to the same stream, at once as long as compression is off, so no frame cuts into another.
 *
 * The connection also bounds what its peer can make us hold: unread answers, calls, subscriptions.
 */
export class SocketConnection implements FrameSink {
  readonly id: string;
  readonly limits: SocketLimits;
  readonly #ws: WebSocket;
  readonly #stream: Duplex;
  /** Called when this side begins to close the socket. */
  onClosing: ((code: CloseCode) => void) | null = null;
  #onDrained: (() => void)[] = [];
  #windowStart = 0;
  #calls = 0;
  #subscriptions = 0;

  /** Make the connection before anything else listens to `ws`, because it must see each frame first. */
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
    // Count pings and pongs too: `ws` takes them by itself, at any rate, as long as its answers are read.
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

  /** Counts a frame from the peer, or further calls in one. Closes the socket of a peer that calls too fast or does not read. */
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

  /** Call this before an answer to a call is sent. Nothing throttles answers, so a peer that does not read them is closed here. */
  noteSending(): void {
    if (this.unsentBytes > this.limits.maxUnsentBytes) this.closeSlow();
  }

  /**
   * @returns a function to call once when the subscription has ended
   * @throws AppError RATE_LIMITED if the socket already has `maxSubscriptions`
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

  /** Starts the closing handshake. A peer that does not answer it within two seconds is cut off. Messages that still come are ignored. */
  close(code: CloseCode, reason: string): void {
    if (this.#ws.readyState > this.#ws.OPEN) return;
    this.#ws.removeAllListeners('message');
    this.#ws.close(code, reason);
    this.onClosing?.(code);
    setTimeout(() => this.#ws.terminate(), 2_000).unref();
  }

  /** Closes the socket of a peer that does not read. It may not see the closing handshake either: then {@link close} cuts it off. */
  closeSlow(): void {
    this.close(closeCodes.SLOW_READER, 'too slow: reconnect and resume');
  }
}
