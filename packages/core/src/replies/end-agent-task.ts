import {
  agentModel,
  AppError,
  maxPrivateReplyBytes,
  maxReplyBytes,
  replyErrors,
  type MessageView,
  type PrivateReply,
  type Usage,
} from '@parley/contracts';
import { sentText } from '@parley/contracts/markdown';
import type { CoreDeps } from '../deps.js';
import { decideRetry } from '../jobs/retry-decision.js';
import { loadMessage } from '../messages/load-message.js';
import { citedMessages } from '../prompts/source-marks.js';
import { rightOf, type NewReceipt } from '../protocol/receipt.js';
import { agentPrivateReplyJobs, agentReplyJobs } from './agent-jobs.js';
import type { AgentAttempt } from './agent-attempt.js';
import { callsFromReply } from './calls-from-reply.js';
import { loadPrivateReply } from './load-private-reply.js';
import type { ReplyEnd } from './reply-sink.js';
import { TextStream } from './text-stream.js';

/** How many bytes of UTF-8 the attempt's answer may take. */
export function maxAnswerBytes(attempt: Pick<AgentAttempt, 'private'>): number {
  return attempt.private ? maxPrivateReplyBytes : maxReplyBytes;
}

export interface AgentEnd {
  /** The whole answer. */
  text: string;
  stopped: boolean;
  usage: Usage | null;
  /** As for workers: `REPLY_MAX_DEPTH`. */
  maxDepth: number;
}

/**
 * Ends an answer with its text, as a worker would: one that is too long is cut and says so, and whom it mentions is called.
 *
 * @throws AppError MESSAGE_EMPTY for an answer without words that nobody stopped; ATTEMPT_OVER
 */
export async function endAgentTask(
  deps: CoreDeps,
  attempt: AgentAttempt,
  { text, stopped, usage, maxDepth }: AgentEnd,
): Promise<MessageView | PrivateReply> {
  const stream = new TextStream(maxAnswerBytes(attempt));
  stream.push(text);
  stream.end();
  const { text: content, full } = stream;
  if (!stopped && sentText(content) === '') {
    throw new AppError('MESSAGE_EMPTY', 'The answer is empty. Write something, or say by agents.fail why there is none.', {
      field: 'text',
    });
  }
  const status = full ? 'failed' : stopped ? 'stopped' : 'complete';
  const error = full
    ? { code: 'REPLY_TOO_LARGE', message: attempt.private ? 'The answer grew too long and was cut.' : replyErrors.REPLY_TOO_LARGE }
    : null;
  const calls = status === 'complete' && !attempt.private ? await callsFromReply(attempt, content, { maxDepth }) : null;
  return write(deps, attempt, { status, content, model: agentModel, usage, error, stoppedBy: null, calls });
}

export interface AgentFailure {
  /** What was written before. It stays. */
  text: string;
  message: string;
  retry: boolean;
}

/** As a worker has them by default: REPLY_MAX_TRIES, REPLY_RETRY_DELAY_MS. */
const retries = { maxTries: 5, firstDelayMs: 500, maxDelayMs: 60_000 };

/**
 * Ends an answer that could not be given, with what was written of it; or has it tried again, by the rule for workers.
 *
 * @returns `retryInMs` after which somebody is to be woken for the next try; null if there is none
 * @throws AppError ATTEMPT_OVER
 */
export async function failAgentTask(
  deps: CoreDeps,
  attempt: AgentAttempt,
  { text, message, retry }: AgentFailure,
): Promise<{ answer: MessageView | PrivateReply; retryInMs: number | null }> {
  const shown = sentText(text) !== '';
  const decision = decideRetry({ retryable: retry, retryAfterMs: null, shown, tries: attempt.tries }, retries, Math.random());
  if (decision.kind === 'retry') {
    const life = attempt.private ? agentPrivateReplyJobs : agentReplyJobs;
    const outcome = await life.retry(deps, attempt, decision.delayMs);
    if (outcome === 'fenced') throw new AppError('ATTEMPT_OVER');
    const answer = attempt.private ? await loadPrivateReply(deps, attempt.id) : await loadMessage(deps, attempt.id);
    return { answer, retryInMs: outcome === 'requeued' ? decision.delayMs : null };
  }
  const error = { code: 'AGENT_FAILED', message };
  const answer = await write(deps, attempt, { status: 'failed', content: text, model: agentModel, usage: null, error, stoppedBy: null });
  return { answer, retryInMs: null };
}

/**
 * The answer that this attempt was ended with before: a repeat of the call whose answer was lost.
 *
 * @throws AppError ATTEMPT_OVER if it ended in another way, or by somebody else
 */
export async function endedAnswer(
  deps: Pick<CoreDeps, 'db'>,
  attempt: AgentAttempt,
  status: 'complete' | 'stopped' | 'failed',
): Promise<MessageView | PrivateReply> {
  const view = attempt.private ? await loadPrivateReply(deps, attempt.id) : await loadMessage(deps, attempt.id);
  if (view.status !== status || ('deletedAt' in view && view.deletedAt !== null)) throw new AppError('ATTEMPT_OVER');
  return view;
}

async function write(deps: CoreDeps, attempt: AgentAttempt, end: ReplyEnd): Promise<MessageView | PrivateReply> {
  const { stoppedBy: _asker, calls: _nobody, ...privateEnd } = end;
  const receipt = receiptOf(attempt, end);
  const view = await (attempt.private
    ? agentPrivateReplyJobs.end(deps, attempt, { ...privateEnd, receipt })
    : agentReplyJobs.end(deps, attempt, { ...end, receipt }));
  if (!view) throw new AppError('ATTEMPT_OVER');
  return view;
}

/** What is known of an answer that a program outside wrote: not what it was made from, and of what it cost what the program says. */
function receiptOf(
  { request, askedBy, paidBy, sinceClaimMs }: AgentAttempt,
  { status, content, model, usage, error }: ReplyEnd,
): NewReceipt {
  return {
    receipt: {
      status,
      model,
      temperature: null,
      prompt: null,
      cited: citedMessages(content),
      droppedCitations: 0,
      usage,
      cost: null,
      firstTokenMs: null,
      durationMs: sinceClaimMs,
      trigger: request.trigger,
      right: rightOf(request),
      askedBy: askedBy.id,
      paidBy,
      errorCode: error?.code ?? null,
    },
    earlier: null,
  };
}
