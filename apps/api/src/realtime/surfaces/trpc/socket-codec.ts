import { AppError } from '@parley/contracts';
import type { SocketConnection } from '../../sockets/socket-connection.js';
import type { HelloEncoder, SocketEncoder } from './hello-encoder.js';

/** The most characters of a request id, which every frame of its subscription repeats. */
const maxIdLength = 64;

/** Reads and writes tRPC's messages on one socket, and counts them. */
export class SocketCodec implements SocketEncoder {
  readonly #connection: SocketConnection;
  readonly #encoder: HelloEncoder;

  constructor(connection: SocketConnection, encoder: HelloEncoder) {
    this.#connection = connection;
    this.#encoder = encoder;
  }

  encode(message: unknown): string {
    this.#connection.noteSending();
    return this.#encoder.encode(message);
  }

  /**
   * @throws AppError VALIDATION for a binary frame, for one that is not JSON, and for a request id that is too long; tRPC answers with
   * no id
   */
  decode(data: string | ArrayBuffer | Uint8Array): unknown {
    if (typeof data !== 'string') throw new AppError('VALIDATION', 'Send text frames, not binary ones.');
    const message = parse(data);
    if (Array.isArray(message)) {
      // The connection has already counted the frame as one call.
      this.#connection.noteCalls(Math.max(0, message.length - 1));
      for (const each of message) checkId(each);
    } else checkId(message);
    return message;
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw new AppError('VALIDATION', 'The frame is not JSON.', { cause });
  }
}

function checkId(message: unknown): void {
  const id = (message as { id?: unknown } | null)?.id;
  if (typeof id === 'string' && id.length > maxIdLength)
    throw new AppError('VALIDATION', `A request id has ${maxIdLength} characters at most.`);
}
