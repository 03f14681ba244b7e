import { maxPrivateReplyBytes } from '@parley/contracts';
import {
  finishPrivateReply,
  handBackPrivateReply,
  privateJobId,
  renewPrivateLease,
  retryPrivateReply,
  tellPrivateProgress,
  type ClaimedPrivateReply,
} from '@parley/core';
import { PrivateChannel } from './private-channel.js';
import type { ReplyRoute } from './reply-route.js';
import type { RunnerDeps } from './reply-runner.js';

/** A private reply: its text and its end go to its asker alone, and no room hears of it. */
export function privateRoute(deps: RunnerDeps, claim: ClaimedPrivateReply): ReplyRoute {
  const channel = new PrivateChannel((text) => tellPrivateProgress(deps, claim, text));
  return {
    jobId: privateJobId(claim.messageId),
    channel,
    maxBytes: Math.min(maxPrivateReplyBytes, deps.settings.maxReplyBytes ?? maxPrivateReplyBytes),
    renew: () => renewPrivateLease(deps, claim, deps.worker),
    async finish(end) {
      const error = end.error?.code === 'REPLY_TOO_LARGE' ? { ...end.error, message: 'The answer grew too long and was cut.' } : end.error;
      return (await finishPrivateReply(deps, claim, { ...end, error })) !== null;
    },
    retry: (retry, soFar) => retryPrivateReply(deps, claim, retry, soFar),
    handBack: (soFar) => handBackPrivateReply(deps, claim, soFar),
    close: () => channel.close(),
  };
}
