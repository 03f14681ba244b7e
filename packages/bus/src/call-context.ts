import { AsyncLocalStorage } from 'node:async_hooks';

/** The call of a person or a program for which work is done. It goes with the work: through promises, over the bus, and with jobs. */
export interface Call {
  /** Names the call in logs and in answers. */
  correlationId: string;
  /** The caller's place in a trace, as W3C Trace Context has it; null where the caller sent none. */
  traceparent: string | null;
  /** Where the caller is, as rate limits count it. It stays in the process that the call came to. */
  address?: string;
  /** What the caller's device or program calls itself, the header `User-Agent`. It stays in that process too. */
  userAgent?: string;
}

interface Scope {
  readonly call: Call;
  over: boolean;
}

const scopes = new AsyncLocalStorage<Scope | null>();

/**
 * The call that this code runs for. Null outside of any call, and in code that outlives its call, such as a timer that serves everybody.
 */
export function currentCall(): Call | null {
  const scope = scopes.getStore();
  return scope && !scope.over ? scope.call : null;
}

/**
 * Runs `work` for a call, until `work` returns, or until the promise that it returns settles. With null, `work` runs for no call.
 *
 * @returns what `work` returns; it throws what `work` throws
 */
export function inCall<T>(call: Call | null, work: () => T): T {
  if (!call) return scopes.run(null, work);
  const scope: Scope = { call, over: false };
  const end = (): void => {
    scope.over = true;
  };
  let settles = false;
  try {
    const result = scopes.run(scope, work);
    if (result instanceof Promise) {
      settles = true;
      result.then(end, end);
    }
    return result;
  } finally {
    if (!settles) end();
  }
}

/** Fields that name the call in a line of the log: for pino's `mixin`. */
export function callFields(): Partial<Call> {
  const call = currentCall();
  if (!call) return {};
  const { correlationId, traceparent } = call;
  return traceparent === null ? { correlationId } : { correlationId, traceparent };
}

/** Version, trace id, parent id and flags. A later version may have more fields, which are left out. */
const traceparentPattern = /^(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(?=$|-)/;

/**
 * Reads a `traceparent` header (W3C Trace Context, 3.2). Its fields are handed on unchanged where no spans are recorded (`tracing.ts`).
 *
 * @returns null if there is no header, or one that must be ignored
 */
export function readTraceparent(header: unknown): string | null {
  const [known] = (typeof header === 'string' ? traceparentPattern.exec(header) : null) ?? [];
  if (known === undefined || (known.startsWith('00') && known !== header)) return null;
  return known;
}
