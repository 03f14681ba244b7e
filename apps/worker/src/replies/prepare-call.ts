import { inSlices } from '@parley/core/protocol/in-slices';
import type { LanguageModelV3CallOptions } from '@ai-sdk/provider';
import { builtInProvider, type BudgetLimits } from '@parley/contracts';
import type { CoreDeps } from '@parley/core/deps';
import type { PriceTable } from '@parley/core/jobs/model-prices';
import type { ReplyTask } from '@parley/core/jobs/claimed-reply';
import type { Claimant } from '@parley/core/jobs/job';
import { loadConversation } from '@parley/core/memory/load-conversation';
import { beginRoomMemory, roomMemoryJobs } from '@parley/core/memory/room-memory-sink';
import type { QuietLog } from '@parley/core/quiet-log';
import { builtInPrompt } from '../models/built-in-codec.js';
import { summarise } from '@parley/core/prompts/built-in/summary';
import type { Models, ResolvedModel } from '../models/providers.js';
import { taskOf } from '@parley/core/prompts/task-of';
import { buildPrompt, estimatePromptTokens, promptVersion } from '@parley/core/prompts/build-prompt';
import type { PromptContext } from '@parley/core/prompts/prompt-context';
import { newNonce } from '@parley/core/prompts/prompt-elements';
import { promptHash } from '@parley/core/prompts/prompt-hash';
import type { SourceMarksOptions } from '@parley/core/prompts/source-marks';
import type { NewReceipt, ReceiptPrompt } from '@parley/core/protocol/receipt';
import { promptContextOf } from '@parley/core/prompts/prompt-context-of';
import type { PaidModel } from './call-cost.js';
import { keepLease } from './keep-lease.js';
import { recallRoom, type MemoryJob, type RecallOptions } from './room-memory.js';
import type { ModelTimeLimits } from './stream-model.js';
import { textWriter } from './write-text.js';

export interface PrepareSettings extends ModelTimeLimits {
  /** Tokens a prompt may hold, by a conservative estimate. */
  maxPromptTokens: number;
  /** What calls may use in a day and a month. */
  budgets: BudgetLimits;
  prices: PriceTable;
}

/** What preparing a call uses. */
export type PrepareDeps = CoreDeps & { models: Pick<Models, 'secrets'>; claimant: Claimant; quietLog: QuietLog };

export interface PreparedCall {
  call: Omit<LanguageModelV3CallOptions, 'abortSignal'>;
  /** The estimated tokens of the prompt; 0 where the model costs nothing. */
  promptTokens: number;
  /** What the answer's marks may name: see `SourceMarks`. Null where the text is to stay as the model writes it. */
  marks: SourceMarksOptions | null;
  /** What the receipt says of the prompt; null where there is none. */
  basis: { prompt: ReceiptPrompt; earlier: NewReceipt['earlier'] } | null;
}

/** How many messages the built-in model searches and summarises. */
const builtInMessages = 500;

/** What says what calls to a model cost. */
export function paidModelOf({ name, maxOutputTokens }: ResolvedModel, { prices }: Pick<PrepareSettings, 'prices'>): PaidModel {
  return { name, maxOutputTokens, prices };
}

/** How a character recalls its room: within the tokens that the rest of the prompt leaves, with a summary by the character's own model. */
export function recallOptions(
  deps: Pick<PrepareDeps, 'models'>,
  claim: ReplyTask,
  resolved: ResolvedModel,
  settings: PrepareSettings,
  signal: AbortSignal,
): RecallOptions {
  const { turns: empty } = buildPrompt(promptContextOf(claim, [], ''), { maxTokens: settings.maxPromptTokens });
  return {
    maxTokens: settings.maxPromptTokens - estimatePromptTokens(empty),
    budgets: settings.budgets,
    model: paidModelOf(resolved, settings),
    write: textWriter(resolved, settings, signal, deps.models.secrets),
    extract: (messages) => inSlices(summarise({ ...promptContextOf(claim, []), messages }), signal),
  };
}

/** Begins the job of a summary that this worker makes for a reply, and keeps the job's lease until the job is released. */
async function beginMemoryJob(deps: PrepareDeps, claim: ReplyTask): Promise<MemoryJob> {
  const { claimant, quietLog } = deps;
  const fence = await beginRoomMemory(deps, claim, claimant);
  const lease = keepLease({
    renew: () => roomMemoryJobs.renew(deps, fence, claimant),
    intervalMs: claimant.leaseMs / 3,
    // If another worker has the job, ending it here stores nothing, but the text still serves this reply.
    onFenced: () => {},
    onStopRequested: () => {},
    onError: (error) => quietLog.warn('cannot renew the lease of a summary', error),
  });
  return { fence, release: () => lease.stop() };
}

/**
 * Prepares what a model is asked for one reply: only what the character may know. A summary that this needs is counted, and refused, as
 * any call is.
 *
 * @throws ModelFailed: AI_BUDGET_EXCEEDED, or what kept the model from summarising; the signal's reason; errors of the database
 */
export async function prepareCall(
  deps: PrepareDeps,
  claimed: ReplyTask,
  resolved: ResolvedModel,
  settings: PrepareSettings,
  signal: AbortSignal,
): Promise<PreparedCall> {
  const { character, request } = claimed;
  const scope = request.scope ?? taskOf(request.trigger.kind).messages ?? null;
  const claim = { ...claimed, request: { ...request, scope } };
  if (resolved.model.provider === builtInProvider) {
    const conversation = await loadConversation(deps, claim, { limit: builtInMessages, scope });
    const context = promptContextOf(claim, conversation);
    const prompt = {
      ...receiptOf(
        claim,
        context,
        settings,
        conversation.map(({ seq }) => seq),
      ),
      hash: promptHash(context),
      nonce: null,
      leftOut: 0,
      tokens: null,
    };
    // It writes its links itself.
    return {
      call: { prompt: [], providerOptions: builtInPrompt(context) },
      promptTokens: 0,
      marks: null,
      basis: { prompt, earlier: null },
    };
  }
  const begin = () => beginMemoryJob(deps, claim);
  const memory = await recallRoom(deps, claim, recallOptions(deps, claim, resolved, settings, signal), begin);
  signal.throwIfAborted();
  const context = promptContextOf(claim, memory.conversation, memory.earlier?.text ?? null);
  const nonce = newNonce();
  const { turns, sources, shown, leftOut, tokens } = buildPrompt(context, { maxTokens: settings.maxPromptTokens, nonce });
  const given = new Set(shown.map(({ id }) => id));
  const seqs = memory.conversation.filter(({ messageId }) => given.has(messageId)).map(({ seq }) => seq);
  const { temperature } = character;
  return {
    call: { prompt: turns, ...(temperature === null ? {} : { temperature }) },
    promptTokens: estimatePromptTokens(turns),
    marks: { sources, marksOwn: taskOf(request.trigger.kind).cites },
    basis: {
      prompt: { ...receiptOf(claim, context, settings, seqs), hash: promptHash(turns), nonce, leftOut, tokens },
      earlier: memory.earlier,
    },
  };
}

function receiptOf({ character }: ReplyTask, context: PromptContext, { maxPromptTokens }: PrepareSettings, seqs: number[]) {
  return {
    version: promptVersion,
    maxTokens: maxPromptTokens,
    character: context.character,
    addressee: context.addressee,
    askedAt: context.askedAt,
    asked: context.task.question !== null,
    seqs,
    fromSeq: character.joinedSeq,
  };
}
