import type { Avatar, MessageView, ReplyRequest } from '@parley/contracts';
import type { ClaimedJob } from './job.js';

/**
 * One attempt at a job in which a character writes a text: a reply in a room, a private reply, or a summary. The id of a reply's job is
 * the reply's.
 */
export interface ReplyTask extends ClaimedJob {
  roomId: string;
  character: {
    id: string;
    name: string;
    handle: string;
    systemPrompt: string;
    /** `provider:model`: the one that was asked for, else the character's; null for the instance's default. */
    model: string | null;
    temperature: number | null;
    /** The providers whose models may answer in the room, beside the built-in one. @default all */
    providers?: readonly string[] | null;
    /** Names of the tools that it was given. */
    tools: readonly string[];
    /** The character knows only messages with a higher seq. */
    joinedSeq: number;
  };
  /** The person who asked. If a reply called this one, it is the person who asked for that reply. */
  askedBy: { id: string; name: string; handle: string; avatar: Avatar };
  /** User id of the person whose tokens the reply costs. */
  paidBy: string;
  /** The author of the message that is answered: a person, or the character whose reply called this character. */
  addressee: { type: 'user' | 'character'; name: string; handle: string; avatar: Avatar };
  request: ReplyRequest;
  /** How whoever had it written again wishes it. @default as it was asked for */
  wish?: Wish | null;
  /** The reply's place in the room: the character knows what was said before this seq. */
  message: Pick<MessageView, 'seq' | 'createdAt'>;
  /** True where no one else in the room will read it. */
  onlyForAsker?: boolean;
}

/** How somebody wishes that a reply is written again. */
export interface Wish {
  by: { name: string; handle: string };
  instruction: string;
  /** The attempt whose text they had before them. */
  of: number;
  /** That text; null if it is none any more that the character may be told of. */
  before: string | null;
}

/** One attempt at a reply in a room. */
export interface ClaimedReply extends ReplyTask {
  /** The reply's message as the room was told of it, with the status `streaming`. */
  message: MessageView;
}

/** One attempt at a private reply. Nobody but its asker sees anything of it. */
export interface ClaimedPrivateReply extends ReplyTask {
  onlyForAsker: true;
}
