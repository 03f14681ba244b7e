import { diag, DiagLogLevel, ROOT_CONTEXT, SpanKind as OtelKind, SpanStatusCode, trace, type SpanContext } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BasicTracerProvider, BatchSpanProcessor, ParentBasedSampler, TraceIdRatioBasedSampler } from '@opentelemetry/sdk-trace-base';
import type { TracerOptions } from './open-tracer.js';
import type { Span, SpanKind, SpanOptions, Tracer } from './tracing.js';

const kinds: Record<SpanKind, OtelKind> = {
  server: OtelKind.SERVER,
  client: OtelKind.CLIENT,
  producer: OtelKind.PRODUCER,
  consumer: OtelKind.CONSUMER,
  internal: OtelKind.INTERNAL,
};

/** How long a batch is sent, again and again where the collector is away, in milliseconds. Its timer would keep a process that stops. */
const sendMs = 3_000;
/** How long a stopping process may take to send its last spans, in milliseconds. */
const lastSpansMs = 3_500;
/** The longest text of an attribute, such as a statement. */
const maxAttributeLength = 500;

/**
 * Records spans with OpenTelemetry, and sends them over OTLP (HTTP, JSON) in batches. A collector that is away or slow costs spans, never
 * time of a call: what waits is bounded by the library.
 */
export function createOtelTracer({
  endpoint,
  service,
  instanceId,
  ratio,
  onError,
}: Omit<TracerOptions, 'endpoint'> & { endpoint: string }): Tracer {
  const failed = (message: string): void => onError(new Error(`spans could not be sent: ${message.slice(0, 300)}`));
  const silent = (): void => {};
  diag.setLogger(
    { error: failed, warn: failed, info: silent, debug: silent, verbose: silent },
    { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
  );
  const exporter = new OTLPTraceExporter({
    url: new URL('v1/traces', endpoint.endsWith('/') ? endpoint : `${endpoint}/`).href,
    timeoutMillis: sendMs,
  });
  const provider = new BasicTracerProvider({
    resource: resourceFromAttributes({ 'service.name': service, 'service.instance.id': instanceId }),
    generalLimits: { attributeValueLengthLimit: maxAttributeLength },
    ...(ratio !== undefined && { sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(ratio) }) }),
    spanProcessors: [new BatchSpanProcessor(exporter)],
  });
  const tracer = provider.getTracer('parley');

  function begin({ name, kind = 'internal', facts, at = performance.now() }: SpanOptions, parent: string | null): Span {
    // Whoever began the trace records nothing of it: neither do we, and what comes below is told so.
    if (parent?.endsWith('-00')) return unrecorded(parent);
    const span = tracer.startSpan(
      name,
      { kind: kinds[kind], startTime: wallClock(at), ...(facts && { attributes: facts }) },
      parent === null ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, placeOf(parent)),
    );
    const { traceId, spanId, traceFlags } = span.spanContext();
    return {
      traceparent: `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`,
      mark: (event) => void span.addEvent(event),
      end(failure, more) {
        if (more) span.setAttributes(more);
        if (failure !== undefined) span.setStatus({ code: SpanStatusCode.ERROR, message: failure });
        span.end(wallClock(performance.now()));
      },
    };
  }

  return {
    begin,
    async close() {
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, lastSpansMs);
      });
      await Promise.race([provider.shutdown().catch((error: unknown) => failed(String(error))), late]);
      clearTimeout(timer);
      diag.disable();
    },
  };
}

function unrecorded(traceparent: string): Span {
  return { traceparent, mark() {}, end() {} };
}

/** Of the monotonic clock, in the milliseconds since 1970 that spans have. */
function wallClock(at: number): number {
  return performance.timeOrigin + at;
}

function placeOf(traceparent: string): SpanContext {
  const [, traceId, spanId, flags] = traceparent.split('-');
  return { traceId: traceId!, spanId: spanId!, traceFlags: Number.parseInt(flags!, 16), isRemote: true };
}
