import type { ModelCallOutcome, WorkerMetrics } from '../metrics.js';
import type { CallCost } from './call-cost.js';

/** Is told how a call to a model goes. */
export interface ModelCallWatch {
  /** The first text came. Calls after the first say nothing new. */
  firstText(): void;
  ended(outcome: ModelCallOutcome, cost: CallCost | null): void;
}

/** Watches one call to a model, from now on. @param model `provider:model` */
export function watchModelCall({ metrics }: { metrics: WorkerMetrics }, model: string): ModelCallWatch {
  const startedAt = performance.now();
  const seconds = (): number => (performance.now() - startedAt) / 1000;
  let begun = false;
  return {
    firstText() {
      if (begun) return;
      begun = true;
      metrics.modelFirstToken(model, seconds());
    },
    ended(outcome, cost) {
      metrics.modelCallEnded(model, outcome, seconds(), cost && { usage: cost.usage, spent: cost.spent });
    },
  };
}
