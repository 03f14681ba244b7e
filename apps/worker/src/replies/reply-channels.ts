import { maxPrivateReplyBytes, maxReplyBytes } from '@parley/contracts';
import type { ClaimedPrivateReply, ClaimedReply } from '@parley/core/jobs/claimed-reply';
import { tellPrivateProgress } from '@parley/core/replies/tell-private-progress';
import type { DeltaChannel } from './delta-batcher.js';
import { PrivateChannel } from './private-channel.js';
import type { RunnerDeps } from './runner-deps.js';

/** Where the text of an attempt goes while it is written. */
export interface ReplyChannel extends DeltaChannel {
  /** UTF-8 that the text may take, in bytes. */
  maxBytes: number;
  /** Call this when the attempt is over: no more of its text is shown. */
  close(): void;
}

/** The channel of a reply in a room: its deltas go to all members. */
export function roomChannel({ batcher, settings }: RunnerDeps, claim: ClaimedReply): ReplyChannel {
  const { id: messageId, roomId, attempt } = claim;
  return { ...batcher.open({ roomId, messageId, attempt }), maxBytes: settings.maxReplyBytes ?? maxReplyBytes, close() {} };
}

/** The channel of a private reply: its text goes to its asker alone. */
export function privateChannel(deps: RunnerDeps, claim: ClaimedPrivateReply): ReplyChannel {
  const channel = new PrivateChannel((text) => tellPrivateProgress(deps, claim, text));
  return {
    maxBytes: Math.min(maxPrivateReplyBytes, deps.settings.maxReplyBytes ?? maxPrivateReplyBytes),
    push: (piece) => channel.push(piece),
    flush: () => channel.flush(),
    close: () => channel.close(),
  };
}
