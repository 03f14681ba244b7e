import { inCall, inSpan, noteSpan } from '@parley/bus';
import { completionJobs } from '@parley/core/completions/completion-sink';
import type { CoreDeps } from '@parley/core/deps';
import type { SweepStep } from '@parley/core/protocol/sweep-step';
import type { Claimant, ClaimedJob, JobFence } from '@parley/core/jobs/job';
import { earlierMemoryJobs, summaryJobs } from '@parley/core/memory/room-summary-sink';
import { ambientJobs } from '@parley/core/replies/ambient-sink';
import { privateReplyJobs } from '@parley/core/replies/private-reply-sink';
import { replyJobs } from '@parley/core/replies/reply-sink';
import { webhookJobs } from '@parley/core/webhooks/webhook-sink';
import { runWebhook } from '../webhooks/run-webhook.js';
import type { AttemptOutcome } from './attempt-outcome.js';
import { runAmbient } from './run-ambient.js';
import { runCompletion } from './run-completion.js';
import { runPrivateReply, runReply } from './reply-runner.js';
import { endEarlierMemory, runRoomSummary } from './run-room-summary.js';
import type { RunnerDeps } from './runner-deps.js';

/** A claimed job, ready to be done. */
export interface ClaimedRun {
  fence: JobFence;
  /** Does the job; never rejects. @param handBack aborted when this process must stop */
  run(handBack: AbortSignal): Promise<AttemptOutcome>;
}

/** How jobs of one kind are taken and done. */
export interface JobRunner {
  readonly kind: string;
  claimNext(deps: RunnerDeps, id: string): Promise<ClaimedRun | null>;
  sweep(deps: RunnerDeps): Promise<ClaimedRun | null>;
  /** The part of a worker's places that jobs of this kind may have together. @default all of them */
  share?: number;
  /** One step of the sweep that deletes finished jobs; see `JobLife`. */
  deleteSpent(deps: Pick<CoreDeps, 'db'>, after: string | null): Promise<SweepStep>;
}

/** The runner of each kind of job, by the kind's name. A new kind needs a line here, a sink in core, and a runner. */
export const jobRunners: ReadonlyMap<string, JobRunner> = new Map<string, JobRunner>([
  [replyJobs.kind, runnerOf(replyJobs, runReply)],
  [privateReplyJobs.kind, runnerOf(privateReplyJobs, runPrivateReply)],
  [completionJobs.kind, runnerOf(completionJobs, runCompletion)],
  // Nobody waits for a summary.
  [summaryJobs.kind, { ...runnerOf(summaryJobs, runRoomSummary), share: 0.25 }],
  [earlierMemoryJobs.kind, runnerOf(earlierMemoryJobs, endEarlierMemory)],
  // Nobody waits for these either, and replies shall have places all the same.
  [ambientJobs.kind, { ...runnerOf(ambientJobs, runAmbient), share: 0.25 }],
  // Receivers may hang, and replies shall have places all the same.
  [webhookJobs.kind, { ...runnerOf(webhookJobs, runWebhook), share: 0.5 }],
]);

interface Claims<Claim> {
  readonly kind: string;
  claimNext(deps: CoreDeps, id: string, claimant: Claimant): Promise<Claim | null>;
  sweep(deps: CoreDeps, claimant: Claimant): Promise<Claim | null>;
  deleteSpent: JobRunner['deleteSpent'];
}

function runnerOf<Claim extends ClaimedJob>(
  life: Claims<Claim>,
  run: (deps: RunnerDeps, claim: Claim, handBack: AbortSignal) => Promise<AttemptOutcome>,
): JobRunner {
  /** @param at when the claim began, which is a part of the job's time */
  const ready = (deps: RunnerDeps, claim: Claim | null, at: number): ClaimedRun | null => {
    if (!claim) return null;
    const { id, attempt, roomId } = claim;
    const facts = { 'parley.job_id': id, 'parley.attempt': attempt, ...(roomId !== null && { 'parley.room_id': roomId }) };
    const span = { name: `job ${life.kind}`, kind: 'consumer', at, facts, isOk: isWell } as const;
    return {
      fence: claim,
      run: (handBack) =>
        inCall(claim.call, () =>
          inSpan(deps.tracer, span, () => {
            noteSpan(deps.tracer, { name: 'claim', at });
            return run(deps, claim, handBack);
          }),
        ),
    };
  };
  return {
    kind: life.kind,
    async claimNext(deps, id) {
      const at = performance.now();
      return ready(deps, await life.claimNext(deps, id, deps.claimant), at);
    },
    async sweep(deps) {
      const at = performance.now();
      return ready(deps, await life.sweep(deps, deps.claimant), at);
    },
    deleteSpent: (deps, after) => life.deleteSpent(deps, after),
  };
}

/** Whether an attempt did what it was for, as its span says it. */
function isWell(outcome: AttemptOutcome): boolean {
  return outcome !== 'failed' && outcome !== 'abandoned';
}
