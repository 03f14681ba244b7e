import type { ClaimedCompletion, CompletionResult } from '@parley/core/completions/completion';
import { completionJobs } from '@parley/core/completions/completion-sink';
import type { ReplyEnd } from '@parley/core/replies/reply-sink';
import type { AttemptOutcome } from './attempt-outcome.js';
import { prepareCompletion } from './prepare-completion.js';
import { completionChannel } from './reply-channels.js';
import { runAttempt } from './reply-runner.js';
import type { RunnerDeps } from './runner-deps.js';

/**
 * Writes what a character says to messages that a caller gives; as a reply is written, but for the prompt and for where the text goes. Never
 * rejects.
 *
 * @param handBack aborted when this process must stop: another worker then begins anew
 */
export function runCompletion(deps: RunnerDeps, claim: ClaimedCompletion, handBack: AbortSignal): Promise<AttemptOutcome> {
  return runAttempt(
    deps,
    claim,
    {
      life: completionJobs,
      channel: completionChannel(deps, claim),
      prepare: async (resolved) => prepareCompletion(claim, resolved, deps.settings),
      stops: claim.request.stop,
      mayBeBlank: true,
      end: async (end) =>
        (await completionJobs.end(deps, claim, { usage: end.usage, spent: end.spent ?? null, result: resultOf(end) })) !== null,
    },
    handBack,
  );
}

function resultOf({ status, content, error, usage }: ReplyEnd): CompletionResult {
  const spent = usage ?? { inputTokens: 0, outputTokens: 0 };
  switch (status) {
    case 'complete':
      return { text: content, end: { type: 'end', reason: error ? 'length' : 'stop', usage: spent } };
    case 'failed':
      // The longest answer is a limit like any other: what fits is the answer.
      if (error?.code === 'REPLY_TOO_LARGE') return { text: content, end: { type: 'end', reason: 'length', usage: spent } };
      return { text: content, end: { type: 'failed', code: error?.code ?? 'INTERNAL', message: error?.message ?? 'The call failed.' } };
    case 'stopped':
      // Nobody reads it.
      return { text: '', end: { type: 'failed', code: 'INTERNAL', message: 'The call was stopped.' } };
  }
}
