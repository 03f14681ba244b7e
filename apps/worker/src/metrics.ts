import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import { microsPerDollar, splitModelName, type Usage } from '@parley/contracts';
import type { Spent } from '@parley/core/jobs/model-prices';
import type { AttemptOutcome } from './replies/attempt-outcome.js';

/** How a call to a model ended: `ended` where the worker ended it, because it had enough, was stopped, or lost its job. */
export type ModelCallOutcome = 'ok' | 'ended' | 'error';

export interface WorkerMetrics {
  started(): void;
  firstToken(seconds: number): void;
  ended(outcome: AttemptOutcome, seconds: number, usage: Usage | null): void;
  /** A job of some kind ended, or was given up by this worker. */
  jobEnded(kind: string, outcome: AttemptOutcome, seconds: number): void;
  /** A model said its first word. */
  modelFirstToken(model: string, seconds: number): void;
  /** @param used what the call cost, as far as it is known; null for a model that costs nothing */
  modelCallEnded(model: string, outcome: ModelCallOutcome, seconds: number, used: { usage: Usage; spent: Spent } | null): void;
}

const firstTokenSeconds = [0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60];
const wholeSeconds = [0.1, 0.5, 1, 2, 5, 10, 30, 60, 120, 300];

/**
 * Registers the worker's metrics; once per registry. A model is shown by its provider: characters may name any number of models, and an
 * operator names the providers.
 */
export function createWorkerMetrics(registry: Registry): WorkerMetrics {
  const registers = [registry];
  const inFlight = new Gauge({ name: 'parley_replies_in_flight', help: 'Replies this process is writing', registers });
  const replies = new Counter({
    name: 'parley_replies_total',
    help: 'Attempts at a reply by how they ended',
    labelNames: ['outcome'],
    registers,
  });
  const tokens = new Counter({ name: 'parley_reply_tokens_total', help: 'Tokens of replies', labelNames: ['direction'], registers });
  const firstToken = new Histogram({
    name: 'parley_reply_first_token_seconds',
    help: 'From the claim to the first text',
    buckets: firstTokenSeconds,
    registers,
  });
  const duration = new Histogram({
    name: 'parley_reply_seconds',
    help: 'From the claim to the end',
    buckets: wholeSeconds,
    registers,
  });
  const jobs = new Histogram({
    name: 'parley_job_seconds',
    help: 'Time of each attempt at a job, of every kind',
    labelNames: ['kind', 'outcome'],
    buckets: [0.01, ...wholeSeconds],
    registers,
  });
  const modelFirstToken = new Histogram({
    name: 'parley_model_first_token_seconds',
    help: 'From the call to a model to the first of its text',
    labelNames: ['provider'],
    buckets: firstTokenSeconds,
    registers,
  });
  const modelCalls = new Histogram({
    name: 'parley_model_call_seconds',
    help: 'Time of each call to a model',
    labelNames: ['provider', 'outcome'],
    buckets: wholeSeconds,
    registers,
  });
  const modelTokens = new Counter({
    name: 'parley_model_tokens_total',
    help: 'Tokens of all calls to models that cost something, as the provider said or as they were estimated',
    labelNames: ['provider', 'direction'],
    registers,
  });
  const modelCost = new Counter({
    name: 'parley_model_cost_dollars_total',
    help: 'What calls to models cost by the table of prices',
    labelNames: ['provider'],
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
    jobEnded: (kind, outcome, seconds) => jobs.observe({ kind, outcome }, seconds),
    modelFirstToken: (model, seconds) => modelFirstToken.observe({ provider: splitModelName(model).provider }, seconds),
    modelCallEnded(model, outcome, seconds, used) {
      const { provider } = splitModelName(model);
      modelCalls.observe({ provider, outcome }, seconds);
      if (!used) return;
      modelTokens.inc({ provider, direction: 'input' }, used.usage.inputTokens);
      modelTokens.inc({ provider, direction: 'output' }, used.usage.outputTokens);
      modelCost.inc({ provider }, used.spent.cost / microsPerDollar);
    },
  };
}
