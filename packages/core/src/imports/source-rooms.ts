/**
 * What other chat servers' exports hold, in one form for all of them. A `key` is the other server's own name for a thing. It is the same
 * in every run, so that a second run finds what an earlier one has written.
 */

export interface SourcePerson {
  key: string;
  name: string;
  /** Empty if the name they are called by there is none here. */
  handle: string;
  email: string | null;
  bot: boolean;
}

export interface SourceRoom {
  key: string;
  /** Empty for one that is named after its members. */
  name: string;
  topic: string;
  visibility: 'public' | 'private' | 'direct';
  /** Keys of people. */
  members: readonly string[];
  /** The key of whoever made it. */
  owner: string | null;
  archived: boolean;
  /** Whether somebody talks to a model in it. */
  chat: boolean;
}

export interface SourceMessage {
  key: string;
  /** Milliseconds since 1970. */
  at: number;
  /** `reply` is the answer of a model. A `system` line has no author. */
  kind: 'text' | 'reply' | 'system';
  /** The key of a person, or the name of somebody who is no person there: a program, a model. Null for a system line. */
  author: { person: string } | { name: string; bot: boolean } | null;
  /** Markdown. */
  content: string;
  /** The key of the message that this one answers. */
  replyTo: string | null;
  /** Keys of people. */
  mentions: readonly string[];
  reactions: readonly { emoji: string; people: readonly string[] }[];
  editedAt: number | null;
  deletedAt: number | null;
  pinnedAt: number | null;
  /** `provider:model` of a reply, where it is known. */
  model: string | null;
}
