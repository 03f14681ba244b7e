import {
  callsFromReply,
  finishReply,
  handBackReply,
  renewLease,
  retryReply,
  type AttemptSoFar,
  type ClaimedReply,
  type Lease,
  type ReplyEnd,
  type RequeueOutcome,
  type Retry,
} from '@parley/core';
import type { DeltaChannel } from './delta-batcher.js';
import type { RunnerDeps } from './reply-runner.js';

/** Where the text of one attempt goes and its state is kept. Replies in rooms and private ones have readers and tables of their own. */
export interface ReplyRoute {
  /** The entry of the queue that wakes a worker for this reply. */
  jobId: string;
  channel: DeltaChannel;
  /** UTF-8 that the text may take; undefined leaves it to the settings. */
  maxBytes?: number | undefined;
  renew(): Promise<Lease>;
  /** @returns false when another attempt or an end came first */
  finish(end: ReplyEnd): Promise<boolean>;
  retry(retry: Retry, soFar: AttemptSoFar): Promise<RequeueOutcome>;
  handBack(soFar: AttemptSoFar): Promise<RequeueOutcome>;
  /** The attempt is over: nothing more of it is shown. */
  close(): void;
}

/** A reply in a room: its deltas are for all members, its end is a message. */
export function roomRoute(deps: RunnerDeps, claim: ClaimedReply): ReplyRoute {
  return {
    jobId: claim.messageId,
    channel: deps.batcher.open(claim),
    maxBytes: deps.settings.maxReplyBytes,
    renew: () => renewLease(deps, claim, deps.worker),
    async finish(end) {
      const calls = end.status === 'complete' ? callsFromReply(claim, end.content, deps.settings) : null;
      return (await finishReply(deps, claim, end, calls)) !== null;
    },
    retry: (retry, soFar) => retryReply(deps, claim, retry, soFar),
    handBack: (soFar) => handBackReply(deps, claim, soFar),
    close() {},
  };
}
