import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { Usage } from '@parley/contracts';
import type { AttemptOutcome } from './replies/attempt-outcome.js';

export interface WorkerMetrics {
  started(): void;
  firstToken(seconds: number): void;
  ended(outcome: AttemptOutcome, seconds: number, usage: Usage | null): void;
}

/** Registers the worker's metrics; once per registry. */
export function createWorkerMetrics(registry: Registry): WorkerMetrics {
  const registers = [registry];
  const inFlight = new Gauge({ name: 'parley_replies_in_flight', help: 'Replies this process is writing', registers });
  const replies = new Counter({
    name: 'parley_replies_total',
    help: 'Attempts at a reply by how they ended',
    labelNames: ['outcome'],
    registers,
  });
  const tokens = new Counter({ name: 'parley_reply_tokens_total', help: 'Tokens of models', labelNames: ['direction'], registers });
  const firstToken = new Histogram({
    name: 'parley_reply_first_token_seconds',
    help: 'From the claim to the first text',
    buckets: [0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60],
    registers,
  });
  const duration = new Histogram({
    name: 'parley_reply_seconds',
    help: 'From the claim to the end',
    buckets: [0.1, 0.5, 1, 2, 5, 10, 30, 60, 120, 300],
    registers,
  });
  return {
    started: () => inFlight.inc(),
    firstToken: (seconds) => firstToken.observe(seconds),
    ended(outcome, seconds, usage) {
      inFlight.dec();
      replies.inc({ outcome });
      duration.observe(seconds);
      if (usage) {
        tokens.inc({ direction: 'input' }, usage.inputTokens);
        tokens.inc({ direction: 'output' }, usage.outputTokens);
      }
    },
  };
}
