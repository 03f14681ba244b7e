import type { MessageView, ReplyRequest } from '@parley/contracts';
import type { ClaimedJob } from './job.js';

/** What a reply is written from, whoever will read it: one attempt at a job whose id is the reply's. */
export interface ReplyTask extends ClaimedJob {
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
  addressee: { type: 'user' | 'character'; name: string; handle: string };
  request: ReplyRequest;
  /** Its place: it knows what was said before this seq. */
  message: Pick<MessageView, 'seq' | 'createdAt'>;
  /** True where no one else in the room will read it. */
  onlyForAsker?: boolean;
}

/** One attempt at a reply in a room. */
export interface ClaimedReply extends ReplyTask {
  /** As the room was told: streaming. */
  message: MessageView;
}

/** One attempt at a private reply. Nobody but its asker sees anything of it. */
export interface ClaimedPrivateReply extends ReplyTask {
  onlyForAsker: true;
}
