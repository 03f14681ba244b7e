export { callFields, currentCall, inCall, readTraceparent, type Call } from './call-context.js';
export {
  channelOf,
  failureName,
  inSpan,
  isRecorded,
  noteSpan,
  type InSpanOptions,
  type MaybeTracer,
  type Span,
  type SpanFacts,
  type SpanKind,
  type SpanOptions,
  type Tracer,
} from './tracing.js';
export type { Bus, BusCounts, BusOptions, BusState, BusSubscription, ErrorReporter, JobHandler, JobQueue } from './bus.js';
