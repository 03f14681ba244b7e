import { isUnasked } from '@parley/contracts';
import type {
  PromptTokens,
  ReceiptRight,
  ReplyReceipt,
  ReplyRequest,
  ReplyTrigger,
  RoomsLeftOut,
  ToolCallView,
  Usage,
} from '@parley/contracts';

/** A room of which a catch-up was told. */
export interface ReceiptRoom {
  roomId: string;
  /** As the model was given it. */
  name: string;
  direct: boolean;
  /** Of the messages that it held, ascending. */
  seqs: number[];
  /** Of the unread ones that had no place. */
  leftOut: number;
}

/** What is needed to make the prompt of an attempt again, beside the request of its job and the messages. */
export interface ReceiptPrompt {
  /** How the prompt was worded. */
  version: string;
  /** SHA-256 in hex. */
  hash: string;
  /** What the names of the prompt's elements ended in; null for the built-in model, which has no prompt but a context. */
  nonce: string | null;
  maxTokens: number;
  character: { name: string; handle: string; systemPrompt: string };
  addressee: { name: string; handle: string; isCharacter: boolean; isBot?: boolean | undefined };
  askedAt: string;
  /** Of the messages it held, ascending, but for the one that asked. */
  seqs: number[];
  /** Of a catch-up: the rooms that it held messages of, in its order; `seqs` above is then empty. @default it held messages of its room alone */
  rooms?: ReceiptRoom[];
  /** Of a catch-up: how many rooms with something unread it was not told of. */
  roomsLeftOut?: RoomsLeftOut;
  /** Whether it also held the message that asked. */
  asked: boolean;
  /** Ids of the notes that it held. @default none */
  notes?: string[];
  /** Of the messages that were read for it and had no place. */
  leftOut: number;
  tokens: PromptTokens | null;
  /** The character knew nothing up to this seq. */
  fromSeq: number;
  /** Of the first message that the summary stood for. Null without one, missing in receipts of an earlier version. */
  summarisedFrom?: number | null;
  /** Names of the tools that it told of. @default none */
  tools?: readonly string[];
  /** How somebody wished it written again; unset where nobody said. The text that they had is the version `of`. */
  wish?: { by: { name: string; handle: string }; instruction: string; of: number; before: boolean } | undefined;
}

/** A call of a tool as a receipt keeps it: messages by their seqs, and the beginning of a text from outside. */
export type StoredToolCall = ToolCallView & {
  seqs: number[];
  text: string | null;
  /** Who allowed it, by user id; absent where nobody had to or did, and in receipts of earlier versions. */
  allowed?: { by: string; how: 'once' | 'always' };
};

/** A receipt as it is stored. */
export interface StoredReceipt {
  status: ReplyReceipt['status'];
  model: string | null;
  temperature: number | null;
  /** Null if the attempt ended before there was one. */
  prompt: ReceiptPrompt | null;
  /** Ids of the messages that the text cites. */
  cited: string[];
  droppedCitations: number;
  usage: Usage | null;
  /** What it cost, in millionths of a dollar; null of a model without a price, and where nothing was called. */
  cost: number | null;
  /** The calls of tools, with what they found. Absent for none. */
  tools?: StoredToolCall[];
  firstTokenMs: number | null;
  durationMs: number;
  trigger: ReplyTrigger;
  right: ReceiptRight;
  /** User ids. */
  askedBy: string;
  paidBy: string;
  errorCode: string | null;
  /** `provider:model` that whoever had it written again chose; unset where they did not, as in receipts of earlier versions. */
  chosenModel?: string | undefined;
}

export interface NewReceipt {
  receipt: StoredReceipt;
  /** The summary that the prompt held. It is kept apart, because it goes when a message that it was made of is deleted. */
  earlier: { text: string; upToSeq: number } | null;
}

/** By what right an answer is written. */
export function rightOf({ again, depth = 0, trigger }: ReplyRequest): ReceiptRight {
  if (again) return 'again';
  if (depth > 0) return 'called';
  return isUnasked(trigger.kind) ? 'always' : 'asked';
}
