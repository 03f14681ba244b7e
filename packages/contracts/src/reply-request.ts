import type { ReplyTrigger } from './views.js';

/**
 * Which messages a reply is about: all recent ones, the asker's unread, those of some of the asker's days, those from a message of the room
 * on, or the last N that are neither commands nor their answers.
 */
export type ConversationScope =
  | { kind: 'recent' }
  | { kind: 'unread' }
  | DaysScope
  | { kind: 'since'; messageId: string }
  /** The message that the call answers; if it answers none, the last one that is neither a command nor the answer to one. */
  | { kind: 'answered' }
  | { kind: 'last'; count: number }
  /** The asker's unread of all rooms that they are in. */
  | { kind: 'rooms' };

/** A room of which a catch-up reads what was said after `sinceSeq`, up to `upToSeq`. */
export interface UnreadRoom {
  roomId: string;
  sinceSeq: number;
  upToSeq: number;
}

/** How many rooms with something unread a catch-up leaves out, by why: the asker muted them, their AI is paused, or they are too many. */
export interface RoomsLeftOut {
  muted: number;
  paused: number;
  more: number;
}

/**
 * Days of the asker: this one, the one before, or this one with the six before. `timeZone` is a name of the IANA database; UTC if the asker's
 * program did not say.
 */
export interface DaysScope {
  kind: 'today' | 'yesterday' | 'week';
  timeZone?: string;
}

/** True for a scope of days, whose begin depends on the asker's time zone. */
export function isOfDays(scope: { kind: string } | null): scope is DaysScope {
  return scope?.kind === 'today' || scope?.kind === 'yesterday' || scope?.kind === 'week';
}

type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

/** Data that a command keeps with its job, as JSON. */
export interface RequestData {
  [key: string]: Json;
}

/** How somebody had a reply written again. */
export interface ReplyRetry {
  /** User id. */
  by: string;
  /** `provider:model` for this attempt alone. */
  model?: string | undefined;
  /** In their words. */
  instruction?: string | undefined;
  /** The attempt whose text they had before them. */
  of: number;
}

/** What a reply was asked for, as `jobs` and `private_replies` keep it. The worker writes the reply from this. */
export interface ReplyRequest {
  trigger: ReplyTrigger;
  /** The person's text that the reply answers; null if the reply needs none, and after the message was deleted. */
  question: string | null;
  /** Which messages the reply is about; null if the command does not say. The asker had read up to `sinceSeq`. Only `rooms` is of other rooms too. */
  scope:
    | Exclude<ConversationScope, { kind: 'unread' | 'answered' | 'rooms' }>
    | { kind: 'unread'; sinceSeq: number }
    | { kind: 'rooms'; rooms: UnreadRoom[]; leftOut: RoomsLeftOut }
    | { kind: 'message'; messageId: string }
    | null;
  /** True if the reply needs no text of the message that called, so that it can be written after that message was deleted. */
  standalone?: boolean;
  /** `provider:model` that whoever asked chose for this reply; unset for the character's. Older workers take the character's. */
  model?: string | undefined;
  /** True if others were asked the same question beside this one, and it is to be answered without their answers. */
  apart?: true | undefined;
  /** What else the command's task needs. */
  data?: RequestData;
  /** True if somebody had the reply written again. */
  again?: true;
  /** How whoever had it written again last wished it; unset if they did not say. Older workers write it as it was asked for. */
  retry?: ReplyRetry | undefined;
  /** How many replies lead up to this one: unset or 0 if a person called. */
  depth?: number | undefined;
  /**
   * How many replies this one may cause, with those that its own calls cause: its share of `maxCallsPerMessage`. Unset in requests of older
   * processes, which bound the depth alone.
   */
  callsLeft?: number | undefined;
  /** The message of a person that set this off, where that is not the trigger's. Unset in requests of older processes. */
  root?: string | undefined;
}
