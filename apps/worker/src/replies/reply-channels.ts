import { channels, maxPrivateReplyBytes, maxReplyBytes } from '@parley/contracts';
import type { ClaimedPrivateReply, ClaimedReply } from '@parley/core/jobs/claimed-reply';
import type { JobFence } from '@parley/core/jobs/job';
import { tellPrivateProgress } from '@parley/core/replies/tell-private-progress';
import type { DeltaChannel } from '@parley/core/replies/delta-batcher';
import { PrivateChannel } from '@parley/core/replies/private-channel';
import { ThoughtChannel } from './thought-channel.js';
import type { RunnerDeps } from './runner-deps.js';

/** Where the text of an attempt goes while it is written. */
export interface ReplyChannel extends DeltaChannel {
  /** UTF-8 that the text may take, in bytes. */
  maxBytes: number;
  /**
   * Call this if the text so far was no part of the reply; the next piece begins it anew. Readers of a room keep what they were shown
   * until the reply's end replaces it, because within one attempt their text can only grow. They are shown nothing more of it.
   */
  takeBack(): void;
  /** Takes what the model thinks, which is no part of the text. Absent where nobody is shown thoughts. */
  think?(thought: string): void;
  /** Call this when the attempt is over: no more of its text is shown. */
  close(): void;
}

/** The channel of a reply in a room: its deltas go to all members, and so does what the model thinks. */
export function roomChannel({ batcher, bus, settings }: RunnerDeps, { id: messageId, roomId, attempt }: ClaimedReply): ReplyChannel {
  const thoughts = new ThoughtChannel(bus, { roomId, messageId, attempt });
  return {
    ...growingChannel(batcher.open({ channel: channels.roomDeltas(roomId), messageId, attempt }), settings),
    think: (thought) => thoughts.add(thought),
    close: () => thoughts.close(),
  };
}

/** The channel of a completion: its text goes to whoever waits for it. */
export function completionChannel({ batcher, settings }: RunnerDeps, { id, attempt }: JobFence): ReplyChannel {
  return growingChannel(batcher.open({ channel: channels.completion(id), messageId: id, attempt }), settings);
}

/** A channel whose readers' text can only grow. */
function growingChannel(channel: DeltaChannel, settings: RunnerDeps['settings']): ReplyChannel {
  let takenBack = false;
  return {
    maxBytes: settings.maxReplyBytes ?? maxReplyBytes,
    push(piece) {
      if (!takenBack) channel.push(piece);
    },
    flush: () => channel.flush(),
    takeBack() {
      takenBack = true;
    },
    close() {},
  };
}

/** The channel of a private reply: its text and what the model thinks go to its asker alone. */
export function privateChannel(deps: RunnerDeps, claim: ClaimedPrivateReply): ReplyChannel {
  const channel = new PrivateChannel((text) => tellPrivateProgress(deps, claim, text));
  const { id: messageId, roomId, attempt, askedBy } = claim;
  const thoughts = new ThoughtChannel(deps.bus, { roomId, messageId, attempt, to: askedBy.id });
  // They are heard by all that reads this room for its asker, which may be a program whose key is for this room alone.
  const ofOtherRooms = claim.request.scope?.kind === 'rooms';
  return {
    maxBytes: Math.min(maxPrivateReplyBytes, deps.settings.maxReplyBytes ?? maxPrivateReplyBytes),
    push: (piece) => channel.push(piece),
    flush: () => channel.flush(),
    takeBack: () => channel.takeBack(),
    ...(!ofOtherRooms && { think: (thought: string) => thoughts.add(thought) }),
    close() {
      channel.close();
      thoughts.close();
    },
  };
}
