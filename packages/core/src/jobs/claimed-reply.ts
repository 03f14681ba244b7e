import type { MessageView, ReplyRequest } from '@parley/contracts';

/** Who claims, and for how long at a time. */
export interface ReplyWorker {
  /** Names the process in `reply_jobs.lease_owner`, for operators. */
  id: string;
  /** How long a claim or a renewal holds, by the database's clock. */
  leaseMs: number;
  /**
   * Attempts that may end badly, in a row; a lapsed lease is one.
   * @default 5
   */
  maxTries?: number;
  /** Replies of one room written at once, by all workers together. @default unbounded */
  maxPerRoom?: number;
  /** Replies asked for by one person and written at once, in all rooms together. @default unbounded */
  maxPerPerson?: number;
}

/** One attempt at a reply, held by this process until its lease lapses. `attempt` is the fence of all it writes. */
export interface ClaimedReply {
  messageId: string;
  roomId: string;
  character: {
    id: string;
    name: string;
    handle: string;
    systemPrompt: string;
    /** `provider:model`; null for the instance's default. */
    model: string | null;
    temperature: number | null;
    /** It knows only messages with a higher seq. */
    joinedSeq: number;
  };
  /** Whose call it is in the end, and whose tokens it costs. */
  askedBy: { id: string; name: string; handle: string };
  /** Who wrote the message it answers: a person, or the character whose reply set it off. */
  calledBy: { type: 'user' | 'character'; name: string; handle: string };
  request: ReplyRequest;
  attempt: number;
  /** Attempts before this one that ended badly, in a row. */
  tries: number;
  /** As the room was told: streaming. */
  message: MessageView;
  correlationId: string | null;
  /** Someone asked to stop it before this attempt began: end it as stopped, ask no model. */
  stopRequested: boolean;
  /** True where no one else in the room will read it. */
  onlyForAsker?: boolean;
}

/** What a reply is written from, whoever will read it. */
export interface ReplyTask extends Omit<ClaimedReply, 'message'> {
  /** Its place: it knows what was said before this seq. */
  message: Pick<MessageView, 'seq' | 'createdAt'>;
}

/** One attempt at a private reply; `messageId` is its id. Nobody but its asker sees anything of it. */
export interface ClaimedPrivateReply extends ReplyTask {
  onlyForAsker: true;
}

/** What a later write of an attempt must name. */
export type ReplyFence = Pick<ClaimedReply, 'messageId' | 'attempt'>;
