import type { ReplyErrorCode } from '@parley/contracts';
import { ModelFailed, type ReplyFailure } from './model-errors.js';
import type { ResolvedModel } from './providers.js';

/** Failures of one model that say nothing of another: `docs/decisions/0041-models-that-stand-in.md` says why the others are not here. */
const ofTheModel: readonly ReplyErrorCode[] = [
  'MODEL_UNAVAILABLE',
  'MODEL_AUTH',
  'MODEL_RATE_LIMITED',
  'MODEL_TIMEOUT',
  'MODEL_CUT',
  'MODEL_NOT_CONFIGURED',
  'CONTEXT_TOO_LONG',
];

/** Whether another model may answer instead. A model that did not come to an end in all its time is no reason: the next would take as long again. */
function mayStandIn({ code, retryable }: ReplyFailure): boolean {
  return ofTheModel.includes(code) && (code !== 'MODEL_TIMEOUT' || retryable);
}

/**
 * Calls the first model, and where it fails the next ones in order, until one gives an end.
 *
 * @param models of which the first may be one that cannot be resolved, which counts as its failure
 * @param goOn false once something was shown: half an answer is not followed by another model's
 * @param onFailure is told before each further call
 * @throws ModelFailed of the first model, which says that the others failed too, and may be retried if one of theirs may; whatever else a call throws
 */
export async function callInOrder<End>(
  models: readonly (() => ResolvedModel)[],
  call: (resolved: ResolvedModel) => Promise<End>,
  goOn: () => boolean,
  onFailure: (failure: ReplyFailure) => void,
): Promise<End> {
  const failures: ReplyFailure[] = [];
  for (const [index, resolve] of models.entries()) {
    try {
      return await call(resolve());
    } catch (error) {
      if (!(error instanceof ModelFailed)) throw error;
      failures.push(error.failure);
      // Of what was shown, and of what no other model would do better, the room is told as it is.
      if (!goOn()) throw error;
      if (index === models.length - 1 || !mayStandIn(error.failure)) break;
      onFailure(error.failure);
    }
  }
  throw new ModelFailed(joined(failures));
}

function joined(failures: readonly ReplyFailure[]): ReplyFailure {
  const [first, ...others] = failures as [ReplyFailure, ...ReplyFailure[]];
  const last = others.at(-1);
  if (!last) return first;
  // What ended it for good is what the room has to know.
  if (!mayStandIn(last)) return last;
  return {
    ...first,
    message: `${first.message} ${others.length === 1 ? 'The model that stands in for it failed too.' : 'The models that stand in for it failed too.'}`,
    retryable: failures.some(({ retryable }) => retryable),
    detail: failures.map(({ detail }) => detail).join(' | '),
  };
}
