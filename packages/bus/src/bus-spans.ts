import { channelOf, inSpan, isRecorded, type MaybeTracer, type SpanKind } from './tracing.js';

/** Spans of what both adapters carry for calls; what is carried for no call has none. */
export interface BusSpans {
  /** A message on its way out. */
  sent<T>(subject: string, work: () => T): T;
  /** A question, until its answer is there. */
  asked<T>(subject: string, work: () => T): T;
  /** A message or a question that came. */
  taken<T>(subject: string, work: () => T): T;
}

export function busSpans(tracer: MaybeTracer, system: 'nats' | 'memory'): BusSpans {
  if (!tracer) return { sent: (_subject, work) => work(), asked: (_subject, work) => work(), taken: (_subject, work) => work() };
  const spanOf = (verb: string, kind: SpanKind) => {
    return <T>(subject: string, work: () => T): T => {
      if (!isRecorded()) return work();
      const facts = { 'messaging.system': system, 'messaging.destination.name': subject };
      return inSpan(tracer, { name: `${verb} ${channelOf(subject)}`, kind, facts }, work);
    };
  };
  return { sent: spanOf('publish', 'producer'), asked: spanOf('ask', 'client'), taken: spanOf('receive', 'consumer') };
}
