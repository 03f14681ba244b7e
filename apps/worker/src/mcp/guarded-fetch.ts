import type { IncomingMessage } from 'node:http';
import type { AllowedAddresses } from '@parley/core/webhooks/private-addresses';
import { findWebhookTarget, type Resolve } from '@parley/core/webhooks/webhook-target';
import { reachTarget } from '@parley/core/webhooks/reach-target';
import { McpProblem } from './mcp-problem.js';

export interface GuardedFetchOptions {
  /** Private addresses that may be called. */
  allowed: AllowedAddresses;
  /** Finds the addresses of a name. @default as `findWebhookTarget` does */
  resolve?: Resolve | undefined;
  /** The most bytes of one answer. */
  maxBytes: number;
  /** The longest that one request and its answer may take, in milliseconds. */
  exchangeMs: number;
  /** Is told why an answer broke off that had begun. */
  onBroken(error: McpProblem): void;
}

/**
 * A `fetch` for MCP's client: to the one host that an address leads to now, which is resolved for each request, is none of this machine's
 * networks, and is called at the address that was looked at. It follows no redirect: the client follows those within an origin, each by a
 * request of its own. The stream that a client may hold open, by GET, is refused: what a server says without being asked is not waited for.
 */
export function guardedFetch({ allowed, resolve, maxBytes, exchangeMs, onBroken }: GuardedFetchOptions) {
  return async (address: string | URL, init: RequestInit = {}): Promise<Response> => {
    const { method = 'GET' } = init;
    if (method !== 'POST' && method !== 'DELETE') return new Response(null, { status: 405 });
    const over = new AbortController();
    const timer = setTimeout(() => over.abort(new McpProblem('It did not come to an end.', { ends: true })), exchangeMs);
    const forward = (): void => over.abort(init.signal?.reason);
    init.signal?.addEventListener('abort', forward, { once: true });
    const done = (): void => {
      clearTimeout(timer);
      init.signal?.removeEventListener('abort', forward);
    };
    try {
      if (init.signal?.aborted) throw init.signal.reason;
      const target = await findWebhookTarget(String(address), allowed, resolve);
      over.signal.throwIfAborted();
      if (target.kind === 'refused') throw new McpProblem('It could not be reached.', { detail: target.why });
      const body = typeof init.body === 'string' ? init.body : undefined;
      const headers = {
        ...Object.fromEntries(new Headers(init.headers)),
        'accept-encoding': 'identity',
        'user-agent': 'Parley-MCP/1',
        ...(body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }),
      };
      const answer = await reachTarget(target, { method, headers, signal: over.signal, ...(body === undefined ? {} : { body }) });
      return responseOf(answer, { maxBytes, onBroken, done, signal: over.signal });
    } catch (error) {
      done();
      throw error;
    }
  };
}

interface BodyOptions extends Pick<GuardedFetchOptions, 'maxBytes' | 'onBroken'> {
  signal: AbortSignal;
  done(): void;
}

function responseOf(answer: IncomingMessage, options: BodyOptions): Response {
  const status = answer.statusCode ?? 502;
  const headers = new Headers();
  for (const name of ['content-type', 'mcp-session-id', 'location', 'retry-after']) {
    const value = answer.headers[name];
    if (typeof value === 'string') headers.set(name, value);
  }
  const empty = status === 202 || status === 204 || status === 205 || (status >= 300 && status < 400);
  const packed = !/^(?:identity)?$/i.test(answer.headers['content-encoding'] ?? '');
  if (empty || packed || status < 200 || status > 599) {
    answer.destroy();
    options.done();
    if (packed && !empty) throw new McpProblem('It answered in a form that was not asked for.');
    return new Response(null, { status: status < 200 || status > 599 ? 502 : status, headers });
  }
  return new Response(bodyOf(answer, options), { status, headers });
}

/** The body, as far as it may go. What breaks off is told, because the client does not tell those who wait for the answer. */
function bodyOf(answer: IncomingMessage, { maxBytes, onBroken, done, signal }: BodyOptions): ReadableStream<Uint8Array> {
  const chunks = (answer as AsyncIterable<Buffer>)[Symbol.asyncIterator]();
  let bytes = 0;
  let left = false;
  const leave = (): void => {
    left = true;
    answer.destroy();
    done();
  };
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { done: ended, value } = await chunks.next();
          if (left) return;
          if (ended) {
            leave();
            controller.close();
            return;
          }
          bytes += value.length;
          if (bytes > maxBytes) throw tooMuch(maxBytes);
          controller.enqueue(new Uint8Array(value));
        } catch (thrown) {
          if (left) return;
          leave();
          const error = thrown instanceof McpProblem ? thrown : asProblem(signal.aborted ? signal.reason : thrown);
          onBroken(error);
          controller.error(error);
        }
      },
      cancel: leave,
    },
    { highWaterMark: 0 },
  );
}

export function tooMuch(maxBytes: number): McpProblem {
  return new McpProblem(`It answered with more than ${maxBytes / 1024} kB, which is not read.`, { ends: true });
}

function asProblem(thrown: unknown): McpProblem {
  return thrown instanceof McpProblem ? thrown : new McpProblem('Its answer broke off.', { ends: true, cause: thrown });
}
