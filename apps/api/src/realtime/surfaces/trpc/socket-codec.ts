import { AppError, closeCodes } from '@parley/contracts';
import type { SocketConnection } from '../../sockets/socket-connection.js';
import { z } from 'zod';
import { parseBoundedJson } from '@parley/core/protocol/json-outline';
import { callBounds } from '../../../call-bounds.js';
import type { HelloEncoder, SocketEncoder } from './hello-encoder.js';

/** The most characters of a request id, which every frame of its subscription repeats. */
const maxIdLength = 64;

/** The frame that tRPC's client sends first. Whether the token in it is good is judged by `signIn`. */
const firstFrame = z.object({ data: z.record(z.string(), z.string()).nullable() });

/** Reads and writes tRPC's messages on one socket, and counts them. */
export class SocketCodec implements SocketEncoder {
  readonly #connection: SocketConnection;
  readonly #encoder: HelloEncoder;
  readonly #signInHint: string;
  #isFirst = true;

  constructor(connection: SocketConnection, encoder: HelloEncoder, signInHint: string) {
    this.#connection = connection;
    this.#encoder = encoder;
    this.#signInHint = signInHint;
  }

  encode(message: unknown): string {
    this.#connection.noteSending();
    return this.#encoder.encode(message);
  }

  /**
   * @throws AppError VALIDATION for a binary frame, for one that is not JSON, and for a request id that is too long; tRPC answers with
   * no id. Of the first frame also if it is not the one that signs in, after closing the socket.
   */
  decode(data: string | ArrayBuffer | Uint8Array): unknown {
    if (this.#isFirst) {
      this.#isFirst = false;
      return this.#decodeFirst(data);
    }
    if (typeof data !== 'string') throw new AppError('VALIDATION', 'Send text frames, not binary ones.');
    const message = parse(data);
    if (Array.isArray(message)) {
      // The connection has already counted the frame as one call.
      this.#connection.noteCalls(Math.max(0, message.length - 1));
      for (const each of message) checkId(each);
    } else checkId(message);
    return message;
  }

  /** Reads the frame that signs in. tRPC closes without a code where it cannot, so this closes first, with the sentence that helps. */
  #decodeFirst(data: string | ArrayBuffer | Uint8Array): unknown {
    try {
      if (typeof data !== 'string') throw new AppError('VALIDATION', 'Send text frames, not binary ones.');
      return firstFrame.parse(parse(data));
    } catch (cause) {
      this.#connection.close(closeCodes.WRONG_FIRST_FRAME, this.#signInHint);
      throw new AppError('VALIDATION', this.#signInHint, { cause });
    }
  }
}

function parse(text: string): unknown {
  try {
    return parseBoundedJson(text, callBounds);
  } catch (cause) {
    if (AppError.is(cause)) throw cause;
    throw new AppError('VALIDATION', 'The frame is not JSON.', { cause });
  }
}

function checkId(message: unknown): void {
  const id = (message as { id?: unknown } | null)?.id;
  if (typeof id === 'string' && id.length > maxIdLength)
    throw new AppError('VALIDATION', `A request id has ${maxIdLength} characters at most.`);
}
