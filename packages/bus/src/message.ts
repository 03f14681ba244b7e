import type { FanOutChannel } from '@parley/contracts';
import type { ErrorReporter } from './bus.js';

/** How both adapters treat subjects, payloads and handlers, so that a caller cannot tell the adapters apart. */

const token = '[A-Za-z0-9_-]+';
const subjectPattern = new RegExp(`^${token}(?:\\.${token})*$`);
const envPattern = new RegExp(`^${token}$`);
/** NATS reads control lines of at most 4096 bytes, and a line with a reply address holds the subject twice. */
const maxSubjectLength = 200;

/** The subject that the job queue uses, below `parley.<env>.`. */
export const jobsSubject = 'jobs';

/** Bytes of a message's limit that are kept free for headers. */
export const headerRoomBytes = 4096;

/** The largest message that NATS allows with default settings, in bytes: 1 MiB. */
export const defaultBrokerLimitBytes = 1024 * 1024;

/** @throws TypeError for anything that could escape the prefix or reach other subjects: `*`, `>`, empty tokens, spaces. */
export function checkSubject(subject: string): void {
  if (typeof subject !== 'string' || subject.length > maxSubjectLength || !subjectPattern.test(subject)) {
    throw new TypeError(`not a bus subject: ${JSON.stringify(subject)?.slice(0, 100)}`);
  }
  if (subject === jobsSubject) throw new TypeError(`the subject ${JSON.stringify(subject)} belongs to the job queue`);
}

/** @throws TypeError */
export function checkEnv(env: string): void {
  if (!envPattern.test(env) || env.length > 32) {
    throw new TypeError(`env must be 1 to 32 characters of A-Z, a-z, 0-9, "_" or "-", not ${JSON.stringify(env)}`);
  }
}

/** @throws RangeError */
export function checkMaxInFlight(maxInFlight: number): void {
  if (!Number.isInteger(maxInFlight) || maxInFlight < 1) throw new RangeError(`maxInFlight must be a positive integer, not ${maxInFlight}`);
}

/** @throws TypeError for what JSON cannot hold. */
export function encodePayload(payload: unknown): string {
  if (payload === undefined) return 'null';
  const text: string | undefined = JSON.stringify(payload);
  if (text === undefined) throw new TypeError(`a ${typeof payload} cannot travel on the bus`);
  return text;
}

/**
 * Reads a text that travelled as the payload that its channel declares. It trusts the sender, or parses with the schema if `check` is
 * set.
 *
 * @throws SyntaxError for text that is not JSON
 * @throws TypeError if `check` is set and the schema refuses the payload
 */
export function decodePayload<Payload>(text: string, schema: FanOutChannel<Payload>['payload'], check: boolean): Payload {
  let payload: Payload;
  try {
    payload = JSON.parse(text === '' ? 'null' : text);
  } catch (cause) {
    throw new SyntaxError('a message that is not JSON', { cause });
  }
  const { error } = check ? schema.safeParse(payload) : { error: undefined };
  if (error) throw new TypeError(`a message that is not what its channel declares: ${error.message}`, { cause: error });
  return payload;
}

/** Calls a handler, and reports what it throws or rejects with, so that neither reaches the caller. */
export function callHandler(handler: () => unknown, report: (error: unknown) => void): void {
  try {
    const result = handler();
    if (isThenable(result)) result.then(undefined, report);
  } catch (error) {
    report(error);
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function';
}

/** Reports a failure once, and again only after {@link worked}, so that a broker that is away for an hour is one line in the log. */
export interface Outage {
  failed(error: unknown): void;
  worked(): void;
}

export function createOutage(onError: ErrorReporter, context: { subject?: string; operation: string }): Outage {
  let told = false;
  return {
    failed(error) {
      if (told) return;
      told = true;
      onError(error, context);
    },
    worked() {
      told = false;
    },
  };
}

/** Calls listeners in the order they were added; one that throws is reported and the others are still called. */
export interface Listeners<T> {
  add(listener: (value: T) => void): () => void;
  emit(value: T): void;
  clear(): void;
}

export function createListeners<T>(report: (error: unknown) => void): Listeners<T> {
  interface Entry {
    active: boolean;
    listener: (value: T) => void;
  }
  /** The array is replaced, never changed: a listener that is added during a change hears only of the next change. */
  let entries: readonly Entry[] = [];
  return {
    add(listener) {
      const entry: Entry = { active: true, listener };
      entries = [...entries, entry];
      return () => {
        entry.active = false;
        entries = entries.filter((other) => other !== entry);
      };
    },
    emit(value) {
      for (const entry of entries) if (entry.active) callHandler(() => entry.listener(value), report);
    },
    clear() {
      for (const entry of entries) entry.active = false;
      entries = [];
    },
  };
}
