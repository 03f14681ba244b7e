import type { ReplyTrigger } from './views.js';

/** Which messages a reply is about: all recent ones, the asker's unread, today's (UTC), or the last N. */
export type ConversationScope = { kind: 'recent' } | { kind: 'unread' } | { kind: 'today' } | { kind: 'last'; count: number };

type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

/** What a command keeps with its job, as JSON. */
export interface RequestData {
  [key: string]: Json;
}

/** What a reply was asked for, as `jobs` and `private_replies` keep it: what its worker writes it from. */
export interface ReplyRequest {
  trigger: ReplyTrigger;
  /** What the person wrote, to be answered; null where the reply needs no text of theirs, and once its message is deleted. */
  question: string | null;
  /** Which messages it is about, `unread` from where the asker had read to; null where its command does not say. */
  scope: Exclude<ConversationScope, { kind: 'unread' }> | { kind: 'unread'; sinceSeq: number } | null;
  /** True where the reply needs no text of the message that called, so that it can be written after that was deleted. */
  standalone?: boolean;
  /** What else the command's task needs. */
  data?: RequestData;
  /** How many replies lead up to this one: unset or 0 where a person called. */
  depth?: number | undefined;
}
