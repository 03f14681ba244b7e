import { currentCall, type MaybeTracer } from '@parley/bus';
import { splitModelName } from '@parley/contracts';
import type { ModelCallOutcome, WorkerMetrics } from '../metrics.js';
import type { CallCost } from './call-cost.js';

export interface ModelCallDeps {
  metrics: WorkerMetrics;
  tracer?: MaybeTracer;
}

/** Is told how a call to a model goes. */
export interface ModelCallWatch {
  /** What the provider is sent of the trace; nothing where none is recorded. */
  readonly headers: Readonly<Record<string, string>>;
  /** The first text came. Calls after the first say nothing new. */
  firstText(): void;
  ended(outcome: ModelCallOutcome, cost: CallCost | null): void;
}

/** Watches one call to a model, from now on. @param model `provider:model` */
export function watchModelCall({ metrics, tracer }: ModelCallDeps, model: string): ModelCallWatch {
  const startedAt = performance.now();
  const seconds = (): number => (performance.now() - startedAt) / 1000;
  let begun = false;
  const { provider, modelId } = splitModelName(model);
  const facts = { 'gen_ai.operation.name': 'chat', 'gen_ai.provider.name': provider, 'gen_ai.request.model': modelId };
  const parent = tracer ? currentCall()?.traceparent : null;
  const span = tracer && parent ? tracer.begin({ name: `model ${provider}`, kind: 'client', facts }, parent) : null;
  return {
    headers: span ? { traceparent: span.traceparent } : {},
    firstText() {
      if (begun) return;
      begun = true;
      span?.mark('first token');
      metrics.modelFirstToken(model, seconds());
    },
    ended(outcome, cost) {
      const usage = cost?.usage;
      span?.end(
        outcome === 'error' ? 'error' : undefined,
        usage && { 'gen_ai.usage.input_tokens': usage.inputTokens, 'gen_ai.usage.output_tokens': usage.outputTokens },
      );
      metrics.modelCallEnded(model, outcome, seconds(), cost && { usage: cost.usage, spent: cost.spent });
    },
  };
}
