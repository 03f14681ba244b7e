import type { SocketReader } from '../../sockets/socket-reader.js';

/** tRPC's `Encoder`, for text frames. */
export interface SocketEncoder {
  encode(data: unknown): string;
  decode(data: string | ArrayBuffer | Uint8Array): unknown;
}

/**
 * Finds the `hello` of a subscription in what tRPC's adapter sends, to learn the request id that every later frame must carry. The id is
 * seen nowhere else, because tRPC does not tell a resolver.
 */
export class HelloEncoder {
  /**
   * The reader of each `hello` that is about to be yielded. An object is found again by identity: without a transformer tRPC passes it
   * on as it is.
   */
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
