import type { Tracer } from './tracing.js';

export interface TracerOptions {
  /** Of a collector that speaks OTLP over HTTP: `http://localhost:4318`. Undefined: nothing is recorded. */
  endpoint: string | undefined;
  /** Which program this is, as its spans name it. */
  service: string;
  /** The part of traces to record that begin here; undefined: the library's own variables say it. */
  ratio: number | undefined;
  instanceId: string;
  /** Called when spans could not be sent; they are lost. Must not throw. */
  onError(error: Error): void;
}

/**
 * Opens what records traces; null without an endpoint, and then none of OpenTelemetry is loaded. Its library reads further variables
 * itself: the headers for the collector (`OTEL_EXPORTER_OTLP_HEADERS`) and, where `ratio` is not given, which traces are recorded.
 */
export async function openTracer({ endpoint, ...options }: TracerOptions): Promise<Tracer | null> {
  if (endpoint === undefined) return null;
  const { createOtelTracer } = await import('./otel-tracer.js');
  return createOtelTracer({ endpoint, ...options });
}

/** The part of traces that is recorded where no variable says another (docs/decisions/0065-a-trace-in-ten.md). */
const usualRatio = 0.1;

/** The `ratio` of {@link TracerOptions} by these variables. */
export function ratioOf(env: {
  OTEL_TRACES_SAMPLER?: string | undefined;
  OTEL_TRACES_SAMPLER_ARG?: number | undefined;
}): number | undefined {
  return env.OTEL_TRACES_SAMPLER === undefined ? (env.OTEL_TRACES_SAMPLER_ARG ?? usualRatio) : undefined;
}
