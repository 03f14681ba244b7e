import type { IncomingMessage } from 'node:http';
import type { Call } from '@parley/bus';
import type { Actor } from '@parley/core/sessions/actor';
import type { WebSocket } from 'ws';
import type { SocketConnection } from './socket-connection.js';

/** A socket that was opened at a surface's path. Nothing was read from the socket yet, and its peer has not said who it is. */
export interface OpenedSocket {
  connection: SocketConnection;
  ws: WebSocket;
  request: IncomingMessage;
  /** The call that opened the socket; each call over it has an id of its own and the same place in a trace. */
  call: Call;
  /** The key that rate limits count the peer's address by, see limits/address-key.ts. */
  address: string;
  /**
   * Proves who the peer is, once. From then on the socket is closed when that session ends or its token expires. A socket that does not
   * sign in within CONNECTION_PARAMS_TIMEOUT_MS is closed too.
   *
   * @throws AppError UNAUTHENTICATED and the like, after closing the socket with the code that says what to do next
   */
  signIn(proof: SocketProof): Promise<Actor>;
}

/** An access token or a key; a way of the surface's own to prove who it is; undefined for a peer that showed nothing. */
export type SocketProof = string | undefined | (() => Promise<Actor>);

/** A protocol that is spoken over WebSockets, at a path of its own. */
export interface SocketSurface {
  /** Such as `/trpc`. */
  path: string;
  /** Whether paths below `path` are the surface's too. @default false */
  below?: boolean;
  /** The subprotocol that it agrees to speak (RFC 6455, section 1.9), to a peer that offers it. @default none */
  protocol?: string;
  /**
   * A sentence for a peer that did not sign in: what to send first. As a close frame's reason it has at most 123 bytes of UTF-8 (RFC 6455,
   * section 5.5).
   */
  signInHint: string;
  /**
   * The frame that asks a peer to reconnect to another instance, because this process will leave; null where the protocol has no such
   * frame.
   */
  moveNotice: string | null;
  /** Takes a socket over, in the turn in which it was opened. */
  serve(socket: OpenedSocket): void;
}
