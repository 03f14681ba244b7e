import type { ReplyRequest, RequestData } from '@parley/contracts';

/** A message of the room as a prompt is built from it. */
export interface PromptMessage {
  /** Empty for what is no message of a room, which nothing can link to. */
  id: string;
  /** True for the character's own earlier replies. */
  own: boolean;
  /** True for anything a character wrote, itself included. */
  fromCharacter: boolean;
  /** True if a file brought the message: its author is whom the file names, perhaps wrongly. @default false */
  imported?: boolean | undefined;
  /** True if a bot wrote it: a program, by an account of a person's. @default false */
  bot?: boolean | undefined;
  /** Display name and handle of the author, as they were when the message was sent. */
  name: string;
  handle: string;
  /** Markdown, as sent. */
  content: string;
  /** ISO 8601, UTC. */
  createdAt: string;
  /** Where it stands, in a catch-up. @default in the room of the answer */
  place?: MessagePlace;
}

/** The place of a message among all rooms. */
export interface MessagePlace {
  roomId: string;
  seq: number;
}

/** A room of which a catch-up tells. */
export interface PromptRoom {
  id: string;
  /** Of a direct room the other side's. */
  name: string;
  direct: boolean;
  /** How many older messages of it were left out before those of the context. */
  leftOut: number;
}

/** A note of the room as a prompt is built from it. */
export interface PromptNote {
  id: string;
  /** By which people name it. */
  number: number;
  text: string;
  /** Display name and handle of who wrote the text. */
  name: string;
  handle: string;
  /** When it was written so, ISO 8601 in UTC. */
  writtenAt: string;
}

/** What the character was called for. */
export interface PromptTask<Data extends RequestData | undefined = RequestData | undefined> {
  /** The trigger's: `mention`, `always`, `turn`, `ambient`, or the name of a command. */
  kind: string;
  /** The text to answer. Null for a task without a question; empty where someone wrote only the character's name. */
  question: string | null;
  /** Which messages the context holds; null for the recent ones. */
  scope: ReplyRequest['scope'];
  data?: Data;
}

/** Everything one reply is written from. It holds this room's messages only, oldest first; a catch-up holds those of {@link rooms}, room by room. */
export interface PromptContext<Data extends RequestData | undefined = RequestData | undefined> {
  task: PromptTask<Data>;
  character: { name: string; handle: string; systemPrompt: string };
  /** Who wrote the message to answer: a person, a bot, or a character that called this one. */
  addressee: { name: string; handle: string; isCharacter: boolean; isBot?: boolean | undefined };
  /** Id of the message that called the character. It need not be among {@link messages}. */
  triggerMessageId: string;
  /** When the character was called, ISO 8601 in UTC. */
  askedAt: string;
  messages: PromptMessage[];
  /** The rooms that the messages are of, whose `place` says which. @default they are of the room of the answer */
  rooms?: readonly PromptRoom[];
  /** True when only the asker reads the answer. @default false */
  onlyForAsker?: boolean;
  /** Names of the tools that the model may call. @default none */
  tools?: readonly string[];
  /** How somebody wishes that the answer is written again. @default as it was asked for */
  wish?: {
    by: { name: string; handle: string };
    instruction: string;
    /** The answer that they had; null for none. */ before: string | null;
  };
  /** A summary of what was said before {@link messages}; null where there is none. */
  earlier: string | null;
  /** Notes of the room, by their numbers. @default none */
  notes?: readonly PromptNote[];
}
