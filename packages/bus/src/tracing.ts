import { AppError } from '@parley/contracts';
import { currentCall, inCall } from './call-context.js';

/** What a span is to its neighbours, as OpenTelemetry has it. */
export type SpanKind = 'server' | 'client' | 'producer' | 'consumer' | 'internal';

/** Codes, names, ids and counts; never what people wrote. */
export type SpanFacts = Readonly<Record<string, string | number | boolean>>;

export interface SpanOptions {
  name: string;
  /** @default internal */
  kind?: SpanKind;
  facts?: SpanFacts;
  /** When it began, by the process's monotonic clock, in milliseconds. @default now */
  at?: number;
}

export interface Span {
  /** Its place in the trace (W3C Trace Context), for what is done below it. */
  readonly traceparent: string;
  /** Notes that something happened, now. */
  mark(name: string): void;
  /** @param failure a code or the name of an error. @default it went well */
  end(failure?: string, facts?: SpanFacts): void;
}

/** Records where the time of a call goes. Processes without one hand on the caller's place in a trace unchanged. */
export interface Tracer {
  /** Begins a span. @param parent the place below which it stands; null begins a trace */
  begin(options: SpanOptions, parent: string | null): Span;
  /** Sends what was recorded, within seconds, and records no more. */
  close(): Promise<void>;
}

/** A tracer, or what composes a process says of it: null and undefined record nothing. */
export type MaybeTracer = Tracer | null | undefined;

export interface InSpanOptions<T> extends SpanOptions {
  /** Whether the span may begin a trace, where the call has no place in one. @default false */
  mayBegin?: boolean;
  /** Whether a result counts as success. @default always */
  isOk?: (result: Awaited<T>) => boolean;
}

/**
 * Runs `work` in a span of the call that this code runs for, and for that call below the span: until `work` returns, or its promise
 * settles. Without a tracer, outside of a call, and for a call that has no place in a trace, it only runs `work`.
 *
 * @returns what `work` returns; it throws what `work` throws
 */
export function inSpan<T>(tracer: MaybeTracer, options: InSpanOptions<T>, work: (span: Span | null) => T): T {
  const call = tracer ? currentCall() : null;
  if (!tracer || !call || (call.traceparent === null && !options.mayBegin)) return work(null);
  const span = tracer.begin(options, call.traceparent);
  const { isOk } = options;
  try {
    const result = inCall({ ...call, traceparent: span.traceparent }, () => work(span));
    if (result instanceof Promise) {
      result.then(
        (value: Awaited<T>) => span.end(isOk && !isOk(value) ? 'error' : undefined),
        (error: unknown) => span.end(failureName(error)),
      );
    } else span.end(isOk && !isOk(result as Awaited<T>) ? 'error' : undefined);
    return result;
  } catch (error) {
    span.end(failureName(error));
    throw error;
  }
}

/** Whether the call that this code runs for is recorded: for whoever would otherwise gather facts for nothing. */
export function isRecorded(): boolean {
  const place = currentCall()?.traceparent ?? null;
  return place !== null && !place.endsWith('-00');
}

/** Records what is over by now, for the call that this code runs for. */
export function noteSpan(tracer: MaybeTracer, options: SpanOptions, failure?: string): void {
  const parent = tracer ? currentCall()?.traceparent : null;
  if (tracer && parent) tracer.begin(options, parent).end(failure);
}

/** What a span says of an error: its code, or its name. Its text may hold what people wrote. */
export function failureName(error: unknown): string {
  if (AppError.is(error)) return error.code;
  return error instanceof Error ? error.name : 'error';
}

/** The subject of a channel without what differs from room to room: `room.*.events`. */
export function channelOf(subject: string): string {
  return subject
    .split('.')
    .map((token) => (/\d/.test(token) || token.length > 24 ? '*' : token))
    .join('.');
}
