import { Backoff, type BackoffOptions } from '../../backoff.js';
import { retryOfCode } from '../../retry-of-code.js';
import { ParleyError, problemError, unanswered } from '../parley-error.js';
import type { AccountView } from '../views.js';
import { delay } from './delay.js';
import { linkedAbort } from './linked-abort.js';

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

export interface CallOptions {
  /** Fields in the address; those that are undefined are left out. */
  query?: Record<string, string | number | boolean | undefined>;
  /** The body, sent as JSON. */
  body?: unknown;
  /** Names the request, so that it is done once however often it is sent (docs/rest.md). */
  idempotencyKey?: string;
  /** True if sending the call twice does no harm. @default for GET and PUT, and with an `idempotencyKey` */
  mayRepeat?: boolean;
  /** Gives the call up: it rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
  /** How long one try may take, in milliseconds. @default 20000 */
  timeoutMs?: number;
}

export interface CallsOptions {
  url: string;
  key: string;
  fetch?: typeof fetch | undefined;
  patienceMs?: number | undefined;
  backoff?: BackoffOptions | undefined;
}

/** How often in all a call is tried that meets something which should pass. */
const fewTries = 3;

/** Calls of the server's REST, by one key. */
export class Calls {
  readonly origin: string;
  readonly backoff: BackoffOptions;
  readonly #key: string;
  readonly #fetch: typeof fetch;
  readonly #patienceMs: number;

  /** @throws TypeError for a url or a key that is none */
  constructor({ url, key, fetch, patienceMs = 60_000, backoff = {} }: CallsOptions) {
    const address = URL.canParse(url) ? new URL(url) : null;
    if (!address || !/^https?:$/.test(address.protocol)) throw new TypeError(`url: give an address of http or https, not “${url}”.`);
    // A header cannot carry anything else, and `fetch` would say so without naming the key.
    if (typeof key !== 'string' || !/^[\x21-\x7e]+$/.test(key))
      throw new TypeError('key: give a key of Parley’s (“parley_…”) or an access token.');
    this.origin = address.origin;
    this.backoff = backoff;
    this.#key = key;
    // A browser's `fetch` has to be called as the window's.
    this.#fetch = fetch ?? ((input, init) => globalThis.fetch(input, init));
    this.#patienceMs = patienceMs;
  }

  /**
   * Calls an address and answers its JSON. What may be repeated is tried again while that can help, for as long as the client's patience.
   *
   * @throws ParleyError
   * @throws TypeError for a path that does not begin with a slash: it would go on in the name of the host, and take the key to another
   */
  async call<T>(method: Method, path: string, options: CallOptions = {}): Promise<T> {
    const { signal, idempotencyKey, mayRepeat = method === 'GET' || method === 'PUT' || idempotencyKey !== undefined } = options;
    if (!path.startsWith('/')) throw new TypeError(`path: begin it with “/”, such as “/api/rooms”, not “${path}”.`);
    const backoff = new Backoff(this.backoff);
    const giveUpAt = performance.now() + this.#patienceMs;
    for (let tries = 1; ; tries++) {
      try {
        return await this.#once<T>(method, path, options);
      } catch (error) {
        signal?.throwIfAborted();
        if (!(error instanceof ParleyError)) throw error;
        // A call that counted against a limit was not done.
        const retry = mayRepeat || error.code === 'RATE_LIMITED' ? retryOfCode[error.code] : undefined;
        const waitMs = error.retryAfterMs ?? backoff.next();
        if (retry === undefined || endsKey(error) || (retry === 'few' && tries >= fewTries) || performance.now() + waitMs > giveUpAt)
          throw error;
        await delay(waitMs, signal);
        signal?.throwIfAborted();
      }
    }
  }

  /**
   * Whose key it is.
   *
   * @throws ParleyError UNAUTHENTICATED if the key is not good
   */
  async me(): Promise<AccountView> {
    const { user } = await this.call<{ user?: AccountView }>('POST', '/api/auth/validate', { body: { token: this.#key }, mayRepeat: true });
    if (!user)
      throw new ParleyError('UNAUTHENTICATED', 'This key is not good: it is wrong, or it has ended. Make a new one.', { status: 401 });
    return user;
  }

  /**
   * Opens a stream of events.
   *
   * @param signal ends the stream, also while it is read
   * @throws ParleyError
   */
  async open(path: string, signal: AbortSignal): Promise<ReadableStream<Uint8Array>> {
    const response = await this.#send(path, { headers: this.#headers({ accept: 'text/event-stream' }), signal });
    if (response.ok && response.body && response.headers.get('content-type')?.startsWith('text/event-stream')) return response.body;
    throw problemError(await this.#textOf(response), response.status, response.headers.get('x-correlation-id'));
  }

  async #once<T>(method: Method, path: string, { query = {}, body, idempotencyKey, signal, timeoutMs = 20_000 }: CallOptions): Promise<T> {
    const asked = Object.entries(query).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]]));
    const address = asked.length > 0 ? `${path}?${new URLSearchParams(asked)}` : path;
    const abort = linkedAbort(signal);
    const timer = setTimeout(() => abort.abort(), timeoutMs);
    try {
      const response = await this.#send(address, {
        method,
        headers: this.#headers({
          ...(body !== undefined && { 'content-type': 'application/json' }),
          ...(idempotencyKey !== undefined && { 'idempotency-key': idempotencyKey }),
        }),
        ...(body !== undefined && { body: JSON.stringify(body) }),
        signal: abort.signal,
      });
      const text = await this.#textOf(response);
      const correlationId = response.headers.get('x-correlation-id');
      if (!response.ok) throw problemError(text, response.status, correlationId);
      try {
        return JSON.parse(text) as T;
      } catch {
        throw problemError('', 404, correlationId);
      }
    } finally {
      clearTimeout(timer);
      abort.unlink();
    }
  }

  #headers(more: Record<string, string>): Record<string, string> {
    return { authorization: `Bearer ${this.#key}`, ...more };
  }

  async #send(path: string, init: RequestInit): Promise<Response> {
    try {
      return await this.#fetch(`${this.origin}${path}`, init);
    } catch (error) {
      throw unanswered({ cause: error });
    }
  }

  async #textOf(response: Response): Promise<string> {
    try {
      return await response.text();
    } catch (error) {
      throw unanswered({ status: response.status, cause: error });
    }
  }
}

/** True if the key is good for nothing any more. An access token that has expired is renewed by whoever gave it. */
function endsKey({ code }: ParleyError): boolean {
  return code === 'TOKEN_EXPIRED';
}
