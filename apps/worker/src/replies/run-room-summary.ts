import { builtInProvider } from '@parley/contracts';
import type { JobFence } from '@parley/core/jobs/job';
import { decideRetry } from '@parley/core/jobs/retry-decision';
import { wakeUpOf } from '@parley/core/jobs/job';
import { earlierMemoryJobs, summaryJobs, wantSummary, type ClaimedSummary, type SummaryEnd } from '@parley/core/memory/room-summary-sink';
import { noId } from '@parley/core/jobs/ai-budget';
import { summarise } from '@parley/core/prompts/built-in/summary';
import { estimatePromptTokens, type PromptTurn } from '@parley/core/prompts/build-prompt';
import type { PromptMessage } from '@parley/core/prompts/prompt-context';
import { inSlices } from '@parley/core/protocol/in-slices';
import { maxRetryAfterMs, ModelFailed } from '../models/model-errors.js';
import type { ResolvedModel } from '../models/providers.js';
import { Interruption, type AttemptOutcome } from './attempt-outcome.js';
import { CallCost } from './call-cost.js';
import { keepLease } from './keep-lease.js';
import { persistWrite } from './persist-write.js';
import { paidModelOf, tokensBesideTools } from './prepare-call.js';
import { dueStep, writeStep, type DueStep } from './room-memory.js';
import type { RunnerDeps } from './runner-deps.js';
import { textWriter } from './write-text.js';

/** How long a summary waits at most for a budget that is used up, in milliseconds: it may be raised before it comes back by itself. */
const budgetWaitMs = 3_600_000;

/**
 * Writes the next step of what a character remembers of a room, of one call to its model. No reply waits for it, and nobody hears of its
 * failures: where the budget is used up it waits, and where the model fails for good the next reply asks for it again. Never rejects.
 *
 * @param handBack aborted when this process must stop: another worker then begins the step anew
 */
export async function runRoomSummary(deps: RunnerDeps, claim: ClaimedSummary, handBack: AbortSignal): Promise<AttemptOutcome> {
  const attempt = new SummaryAttempt(deps, claim, handBack);
  try {
    return await attempt.run();
  } catch (error) {
    deps.quietLog.warn('a summary of a room was given up; it begins again once its lease lapses', error);
    return 'abandoned';
  }
}

/** Ends what a worker of an earlier version had begun: the next reply asks for a summary where it needs one. Never rejects. */
export async function endEarlierMemory(deps: RunnerDeps, claim: JobFence): Promise<AttemptOutcome> {
  try {
    return (await earlierMemoryJobs.end(deps, claim, { usage: null, next: null })) ? 'complete' : 'fenced';
  } catch (error) {
    deps.quietLog.warn('cannot end the summary that a worker of an earlier version began', error);
    return 'abandoned';
  }
}

class SummaryAttempt {
  readonly #deps: RunnerDeps;
  readonly #claim: ClaimedSummary;
  readonly #handBack: AbortSignal;
  readonly #interrupted = new AbortController();
  #cost: CallCost | null = null;
  #outOfBudgetMs: number | null = null;

  constructor(deps: RunnerDeps, claim: ClaimedSummary, handBack: AbortSignal) {
    this.#deps = deps;
    this.#claim = claim;
    this.#handBack = handBack;
  }

  async run(): Promise<AttemptOutcome> {
    const { claimant, quietLog } = this.#deps;
    const onHandBack = (): void => this.#interrupted.abort(new Interruption('hand_back'));
    this.#handBack.addEventListener('abort', onHandBack, { once: true });
    if (this.#handBack.aborted) onHandBack();
    const lease = keepLease({
      renew: () => summaryJobs.renew(this.#deps, this.#claim, claimant),
      intervalMs: claimant.leaseMs / 3,
      onFenced: () => this.#interrupted.abort(new Interruption('fenced')),
      // Nobody stops a summary by itself: moderators paused the AI of the room.
      onStopRequested: (userId) => this.#interrupted.abort(new Interruption('stop', userId)),
      onError: (error) => quietLog.warn('cannot renew the lease of a summary', error),
    });
    try {
      return await this.#step().catch((error: unknown) => this.#failed(error));
    } finally {
      lease.stop();
      this.#handBack.removeEventListener('abort', onHandBack);
    }
  }

  async #step(): Promise<AttemptOutcome> {
    const { models, settings } = this.#deps;
    const resolved = models.resolve(this.#claim.character.model, this.#claim.character.providers);
    // The built-in model needs no summary: it reads the room's messages themselves.
    if (resolved.model.provider === builtInProvider) return this.#end(null);
    const reader = readerOf(this.#claim);
    // An answer with tools holds less of the room: what it has no place for is summed up too.
    const maxTokens = await tokensBesideTools(this.#deps, this.#claim.character, settings);
    const due = await dueStep(this.#deps, reader, maxTokens);
    this.#interrupted.signal.throwIfAborted();
    if (!due) return this.#end(null);
    const writer = {
      write: (prompt: PromptTurn[]) => this.#write(resolved, prompt),
      extract: (said: PromptMessage[]) => this.#extract(said),
    };
    const text = await writeStep(reader, due, writer, maxTokens);
    const outcome = await this.#end(text === null ? null : { ...due, text });
    if (outcome === 'complete' && text !== null && due.more) await wantSummary(this.#deps, reader, { askedBy: this.#claim.askedBy });
    return outcome;
  }

  async #write(resolved: ResolvedModel, prompt: PromptTurn[]): Promise<string | null> {
    const { settings, models } = this.#deps;
    const cost = new CallCost(estimatePromptTokens(prompt), paidModelOf(resolved, settings));
    const reservation = await summaryJobs.reserve(this.#deps, this.#claim, cost.most(), settings.budgets);
    if (reservation.kind === 'fenced') throw new Interruption('fenced');
    if (reservation.kind === 'refused') {
      this.#outOfBudgetMs = reservation.cap.retryAfterMs;
      throw new Error('the budget is used up');
    }
    this.#cost = cost;
    return textWriter(resolved, settings, this.#interrupted.signal, models.secrets, this.#deps)(prompt, cost);
  }

  #extract(messages: PromptMessage[]): Promise<string | null> {
    const { character } = this.#claim;
    const context = {
      task: { kind: 'mention', question: null, scope: null },
      character: { name: '', handle: character.handle, systemPrompt: '' },
      addressee: { name: '', handle: '', isCharacter: false },
      triggerMessageId: '',
      askedAt: new Date().toISOString(),
      messages,
      earlier: null,
    };
    return inSlices(summarise(context), this.#interrupted.signal);
  }

  async #end(made: (DueStep & { text: string }) | null): Promise<AttemptOutcome> {
    const next: SummaryEnd['next'] = made && {
      joinedSeq: this.#claim.character.joinedSeq,
      before: made.before,
      basis: made.basis,
      firstSeq: made.before?.firstSeq ?? made.messages[0]!.seq,
      upToSeq: made.messages.at(-1)!.seq,
      text: made.text,
    };
    return (await this.#persist(() => summaryJobs.end(this.#deps, this.#claim, { ...this.#spent, next }))) ? 'complete' : 'fenced';
  }

  async #failed(error: unknown): Promise<AttemptOutcome> {
    const { quietLog, claimant, settings, wakeLater } = this.#deps;
    const soFar = { content: '', model: null, ...this.#spent };
    const { reason } = this.#interrupted.signal;
    const interruption = [reason, error].find((cause) => cause instanceof Interruption);
    switch (interruption?.kind) {
      case 'hand_back': {
        const outcome = await this.#persist(() => summaryJobs.handBack(this.#deps, this.#claim, soFar));
        return outcome === 'requeued' ? 'handed_back' : outcome;
      }
      case 'stop':
        return (await this.#end(null)) === 'complete' ? 'stopped' : 'fenced';
      case 'fenced':
        await summaryJobs.settle(this.#deps, this.#claim, soFar.usage, soFar.spent);
        return 'fenced';
      case undefined:
        break;
    }
    if (this.#outOfBudgetMs !== null) {
      const waitMs = Math.min(this.#outOfBudgetMs, budgetWaitMs);
      return this.#persist(() => summaryJobs.putOff(this.#deps, this.#claim, waitMs));
    }
    quietLog.warn('a summary of a room could not be written', error);
    const failure = error instanceof ModelFailed ? error.failure : { retryable: false, retryAfterMs: null };
    const decision = decideRetry(
      { retryable: failure.retryable, retryAfterMs: failure.retryAfterMs, shown: false, tries: this.#claim.tries },
      { maxTries: claimant.maxTries, firstDelayMs: settings.retryDelayMs, maxDelayMs: maxRetryAfterMs },
      Math.random(),
    );
    if (decision.kind === 'fail') return (await this.#end(null)) === 'complete' ? 'failed' : 'fenced';
    const outcome = await this.#persist(() => summaryJobs.retry(this.#deps, this.#claim, decision.delayMs, soFar));
    if (outcome === 'requeued') wakeLater(wakeUpOf(summaryJobs.kind, this.#claim.id), decision.delayMs);
    return outcome;
  }

  get #spent() {
    return { usage: this.#cost?.usage ?? null, spent: this.#cost?.spent ?? null };
  }

  #persist<T>(write: () => Promise<T>): Promise<T> {
    const { settings, quietLog } = this.#deps;
    return persistWrite(write, {
      limitMs: settings.finishLimitMs,
      signal: this.#handBack,
      onError: (error) => quietLog.warn('cannot write the end of a summary; trying again', error),
    });
  }
}

/** Whom the step is for, and which messages it may be made of. */
function readerOf({ roomId, character, headSeq }: ClaimedSummary) {
  return {
    roomId,
    character,
    // No message called for the summary, so none is left out.
    request: { trigger: { messageId: noId } },
    message: { seq: headSeq + 1, createdAt: new Date().toISOString() },
  };
}
