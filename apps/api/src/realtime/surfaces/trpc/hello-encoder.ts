import type { SocketReader } from '../../sockets/socket-reader.js';

/** tRPC's `Encoder`, for text frames. */
export interface SocketEncoder {
  encode(data: unknown): string;
  decode(data: string | ArrayBuffer | Uint8Array): unknown;
}

/**
 * Watches what tRPC's adapter sends for the `hello` of a subscription, because the request id, which every later frame must
 * carry, is seen nowhere else: a resolver is not told.
 */
export class HelloEncoder {
  /** `hello` objects about to be yielded, and whose they are. Found again by identity: without a transformer tRPC passes them on as they are. */
  readonly #expected = new WeakMap<object, SocketReader>();

  expect(hello: object, reader: SocketReader): void {
    this.#expected.set(hello, reader);
  }

  encode(message: unknown): string {
    const encoded = JSON.stringify(message);
    const { id, result } = message as { id?: unknown; result?: { data?: { data?: unknown } } };
    const payload = result?.data?.data;
    if (typeof payload === 'object' && payload !== null) {
      const reader = this.#expected.get(payload);
      if (reader) {
        this.#expected.delete(payload);
        reader.start(JSON.stringify(id));
      }
    }
    return encoded;
  }
}
