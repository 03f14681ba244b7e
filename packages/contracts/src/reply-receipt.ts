import { z } from 'zod';
import { maxCallsPerStep, maxToolSteps, toolCallViewSchema } from './tools.js';
import { maxCatchUpMessages, maxCatchUpRooms, maxInstructionLength } from './limits.js';
import { replyTriggerSchema, usageSchema } from './views.js';

/** The most messages that a receipt names: as many as a prompt is ever made from. */
export const maxReceiptMessages = 2_000;
/** The most notes and files that a receipt names, and messages that a tool found, each. */
export const maxReceiptParts = 100;
/** How much a receipt keeps of what a tool found elsewhere, in UTF-16 units. */
export const maxReceiptToolText = 2_000;

/** The longest text of a summary, in UTF-16 units: what a model may write at once. */
export const maxSummaryLength = 65_536;

const id = z.uuid();
const seq = z.int().positive();

/** Tokens of a prompt by what takes them, by our own estimate, which is rather too high. */
export const promptTokensSchema = z.object({
  /** Our rules, and what the character was asked to do. */
  rules: z.int().nonnegative(),
  /** What the character’s maker wrote. */
  instructions: z.int().nonnegative(),
  /** The notes of the room; absent where there were none. */
  notes: z.int().nonnegative().exactOptional(),
  /** The summary of what was said before the messages. */
  earlier: z.int().nonnegative(),
  messages: z.int().nonnegative(),
});
export type PromptTokens = z.infer<typeof promptTokensSchema>;

/**
 * By what right an answer was written: `asked`, a person called the character; `always`, the character answers here without being asked
 * (the trigger says when), at the cost of whoever set that; `called`, the answer of another character named it; `again`, somebody had it written again.
 */
export const receiptRightSchema = z.enum(['asked', 'always', 'called', 'again']);
export type ReceiptRight = z.infer<typeof receiptRightSchema>;

/** What one attempt at an answer was made from, and what it cost. It names messages and holds no text of them, but that of a summary. */
export const replyReceiptSchema = z.object({
  /** Of the message, or of the private reply. */
  messageId: id,
  attempt: z.int().positive(),
  roomId: id,
  status: z.enum(['complete', 'stopped', 'failed', 'retried']),
  /** `provider:model`; null where none was reached. */
  model: z.string().nullable(),
  /** Null for the model’s own. */
  temperature: z.number().nullable(),
  /** How the prompt was worded; null where no prompt was made. */
  promptVersion: z.string().nullable(),
  /** SHA-256 of the prompt as the model got it, in hex; null where no prompt was made. */
  promptHash: z.string().nullable(),
  /** The messages that the model was given word for word, ascending, without those that were deleted since. */
  seqs: z.array(seq).max(maxReceiptMessages),
  /** How many of the messages given were deleted since. */
  deleted: z.int().nonnegative(),
  /**
   * Messages from after `fromSeq` up to `upToSeq`, for which a summary stood; null for none. Its text is null once one of them was edited,
   * deleted or hidden from AI.
   */
  summarised: z.object({ fromSeq: z.int().nonnegative(), upToSeq: seq, text: z.string().max(maxSummaryLength).nullable() }).nullable(),
  /** How many older messages had no place in the prompt. */
  leftOut: z.int().nonnegative(),
  /** What filled the prompt; null for a model that takes none, the built-in one. */
  tokens: promptTokensSchema.nullable(),
  /** Ids of the room’s notes that it was given, without those that were removed since. */
  notes: z.array(z.string()).max(maxReceiptParts),
  files: z.array(z.string()).max(maxReceiptParts),
  /** The tools that were called, in order, with what they found. */
  tools: z
    .array(
      toolCallViewSchema.extend({
        /** The messages that it found, ascending, without those that were deleted since. */
        seqs: z.array(seq).max(maxReceiptParts),
        /** The beginning of what it found elsewhere; null where it found messages, or nothing. */
        text: z.string().max(maxReceiptToolText).nullable(),
        /**
         * Who allowed it, of a call that would change something: this one (`once`), or this tool here then or before (`always`). Absent of
         * calls that nobody is asked about, that were not made, and in receipts of earlier versions. The names are empty of who is gone.
         */
        allowed: z.object({ by: z.object({ id, name: z.string(), handle: z.string() }), how: z.enum(['once', 'always']) }).exactOptional(),
      }),
    )
    .max(maxToolSteps * maxCallsPerStep),
  /** The messages that the answer cites, ascending, without those that were deleted since. */
  cited: z.array(seq).max(maxReceiptMessages),
  /**
   * Of a catch-up: the messages that the model was given, by their rooms; `seqs` is then empty. Rooms that the reader is no longer in are
   * not among them. Absent of any other answer.
   */
  rooms: z
    .array(
      z.object({
        roomId: id,
        /** Ascending, without those that were deleted since. */
        seqs: z.array(seq).max(maxCatchUpMessages),
        deleted: z.int().nonnegative(),
        /** How many older unread messages of the room had no place. */
        leftOut: z.int().nonnegative(),
        /** Those that the answer cites, ascending. */
        cited: z.array(seq).max(maxCatchUpMessages),
      }),
    )
    .max(maxCatchUpRooms)
    .exactOptional(),
  /**
   * Of a catch-up: how many rooms with something unread the model was not told of, because the asker muted them, because their AI is paused, or because they
   * were too many. `gone`: how many rooms it was told of that the reader is no longer in.
   */
  roomsLeftOut: z
    .object({ muted: z.int().nonnegative(), paused: z.int().nonnegative(), more: z.int().nonnegative(), gone: z.int().nonnegative() })
    .exactOptional(),
  /** How often the model cited what it was not given; that is left out of the answer. */
  droppedCitations: z.int().nonnegative(),
  usage: usageSchema.nullable(),
  /** In millionths of a dollar; null of a model without a price, and where none was called. */
  cost: z.int().nonnegative().nullable(),
  /** From the claim to the first piece of the answer, in milliseconds; null where none came. */
  firstTokenMs: z.int().nonnegative().nullable(),
  /** From the claim to the end, in milliseconds. */
  durationMs: z.int().nonnegative(),
  trigger: replyTriggerSchema,
  right: receiptRightSchema,
  /** Whose request it was; of `always`, whose message was answered. */
  askedBy: z.object({ id, name: z.string(), handle: z.string() }),
  /** Whose tokens it cost. */
  paidBy: id,
  /** Why it failed or was cut; null where it did not. */
  errorCode: z.string().nullable(),
  /** `provider:model` that whoever had it written again chose for it; absent where they chose none. */
  chosenModel: z.string().exactOptional(),
  /** How whoever had it written again wished it, in their words; absent where they did not say. */
  instruction: z.string().max(maxInstructionLength).exactOptional(),
  /** When it was written, ISO 8601. */
  createdAt: z.iso.datetime(),
});
export type ReplyReceipt = z.infer<typeof replyReceiptSchema>;
