import type { ServerPart } from './health.js';
import type { Mine, RoomView } from './views.js';

/** An answer only its asker sees: `/help`, `/summary private`. It has no `seq` and no `rev`. */
export interface PrivateReply {
  id: string;
  roomId: string;
  /** While `streaming`: the text so far as this event knows it, which may be behind another's. */
  content: string;
  /** `streaming` also while it waits for a worker. Once it has ended it stays as it is. */
  status: 'streaming' | 'complete' | 'stopped' | 'failed';
  createdAt: string;
  /** Why it failed, or ends early, in plain words. */
  error?: { code: string; message: string };
}

/** What `inbox.events` yields. The first event, and the first after any gap, is a full snapshot. */
export type InboxEvent =
  | { type: 'snapshot'; rooms: { room: RoomView; mine: Mine }[]; privateReplies: PrivateReply[] }
  /** Counters of one room, coalesced. */
  | { type: 'counters'; roomId: string; lastSeq: number; lastReadSeq: number; unread: number; mentions: number }
  /** A room joined, changed, or left (`mine: null`). */
  | { type: 'room'; room: RoomView; mine: Mine | null }
  | { type: 'mention'; roomId: string; messageId: string }
  | { type: 'privateReply'; reply: PrivateReply }
  /** Put away, here or on another connection. */
  | { type: 'privateReplyDismissed'; id: string }
  /** What this server is without just now: after each snapshot, and whenever it changes. Empty: all is well. */
  | { type: 'server'; away: ServerPart[] };
