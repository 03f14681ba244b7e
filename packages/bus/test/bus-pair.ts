import type { Bus, ErrorReporter } from '../src/bus.js';

/** Two processes' buses of one deployment; for an adapter of a single process, the same bus twice. */
export interface BusPair {
  a: Bus;
  b: Bus;
}

export type ReportedError = { error: unknown; context: Parameters<ErrorReporter>[1] };
