import { channelOf, inSpan, type MaybeTracer } from './tracing.js';

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
  const facts = (subject: string) => ({ 'messaging.system': system, 'messaging.destination.name': subject });
  return {
    sent: (subject, work) => inSpan(tracer, { name: `publish ${channelOf(subject)}`, kind: 'producer', facts: facts(subject) }, work),
    asked: (subject, work) => inSpan(tracer, { name: `ask ${channelOf(subject)}`, kind: 'client', facts: facts(subject) }, work),
    taken: (subject, work) => inSpan(tracer, { name: `receive ${channelOf(subject)}`, kind: 'consumer', facts: facts(subject) }, work),
  };
}
