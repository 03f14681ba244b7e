import { AppError } from '@parley/contracts';
import type { SocketConnection } from '../../sockets/socket-connection.js';
import type { HelloEncoder, SocketEncoder } from './hello-encoder.js';

/** The longest request id; it comes back in every frame of its subscription. */
const maxIdLength = 64;

/** What one socket's peer says and is told: tRPC's messages, counted. */
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

  /** @throws AppError VALIDATION, which tRPC answers under no id, for what is no text, no JSON, or has an id like no client's */
  decode(data: string | ArrayBuffer | Uint8Array): unknown {
    if (typeof data !== 'string') throw new AppError('VALIDATION', 'Send text frames, not binary ones.');
    const message = parse(data);
    if (Array.isArray(message)) {
      // The frame itself is counted already.
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
