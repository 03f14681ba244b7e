import type { SummaryScope } from './commands.js';
import type { ReplyTrigger } from './views.js';

/** What a reply was asked for, as `reply_jobs` and `private_replies` keep it: what its worker writes it from. */
export interface ReplyRequest {
  trigger: ReplyTrigger;
  /** The question of `ask`, of a mention or of a message that is always answered; null for a summary, and once its message is deleted. */
  question: string | null;
  /** Which messages a summary is about, `unread` from where the asker had read to; null for an answer. */
  scope: Exclude<SummaryScope, { kind: 'unread' }> | { kind: 'unread'; sinceSeq: number } | null;
  /** True where the reply needs no text of the message that called, so that it can be written after that was deleted. */
  standalone?: boolean;
  /** How many replies lead up to this one: unset or 0 where a person called. */
  depth?: number | undefined;
}
