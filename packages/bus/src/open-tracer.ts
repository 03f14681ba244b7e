import type { Tracer } from './tracing.js';

export interface TracerOptions {
  /** Of a collector that speaks OTLP over HTTP: `http://localhost:4318`. Undefined: nothing is recorded. */
  endpoint: string | undefined;
  /** Which program this is, as its spans name it. */
  service: string;
  instanceId: string;
  /** Called when spans could not be sent; they are lost. Must not throw. */
  onError(error: Error): void;
}

/**
 * Opens what records traces; null without an endpoint, and then none of OpenTelemetry is loaded. Its library reads further variables
 * itself: which traces are recorded (`OTEL_TRACES_SAMPLER` and its `_ARG`), the headers for the collector (`OTEL_EXPORTER_OTLP_HEADERS`).
 */
export async function openTracer({ endpoint, ...options }: TracerOptions): Promise<Tracer | null> {
  if (endpoint === undefined) return null;
  const { createOtelTracer } = await import('./otel-tracer.js');
  return createOtelTracer({ endpoint, ...options });
}
