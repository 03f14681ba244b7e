import { Backoff } from '../../backoff.js';
import { retryOfCode } from '../../retry-of-code.js';
import { ParleyError, problemError } from '../parley-error.js';
import type { Calls } from './calls.js';
import { delay } from './delay.js';
import { linkedAbort } from './linked-abort.js';
import { readStream } from './read-stream.js';

/** The server sends a comment every 10 s. */
const silenceMs = 30_000;
/** How often in a row, without an event between, a stream is opened again that ends with an error which should pass. */
const fewTries = 5;

/**
 * The events of a stream, for ever: where the connection breaks, or the server ends it, it is opened again.
 *
 * @param address where the stream is, asked before each connection, because it says from where to go on
 * @param signal ends the stream quietly
 * @throws ParleyError where the server refuses the stream for good
 */
export async function* followStream<T>(calls: Calls, address: () => string, signal?: AbortSignal): AsyncGenerator<T, void, undefined> {
  const backoff = new Backoff(calls.backoff);
  let failures = 0;
  while (!signal?.aborted) {
    const abort = linkedAbort(signal);
    let waitMs: number | null = null;
    try {
      const body = await calls.open(address(), abort.signal);
      for await (const event of readStream(body, { silenceMs, onSilent: abort.abort })) {
        if (event.name === 'problem') throw problemError(event.data, 200);
        failures = 0;
        backoff.reset();
        yield JSON.parse(event.data) as T;
        if (signal?.aborted) return;
      }
    } catch (error) {
      if (signal?.aborted) return;
      // What breaks a connection that was open has no code.
      if (error instanceof ParleyError) {
        const retry = error.code === 'TOKEN_EXPIRED' ? undefined : retryOfCode[error.code];
        if (retry === undefined || (retry === 'few' && ++failures >= fewTries)) throw error;
        waitMs = error.retryAfterMs;
      }
    } finally {
      abort.unlink();
      abort.abort();
    }
    await delay(waitMs ?? backoff.next(), signal);
  }
}
