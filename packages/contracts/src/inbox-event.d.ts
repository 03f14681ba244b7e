import type { Mine, RoomView } from './views.js';
/** An answer only its asker sees: `/help`, `/summary private`. It has no `seq` and no `rev`. */
export interface PrivateReply {
  id: string;
  roomId: string;
  content: string;
  status: 'streaming' | 'complete' | 'stopped' | 'failed';
  createdAt: string;
}
/** What `inbox.events` yields. The first event, and the first after any gap, is a full snapshot. */
export type InboxEvent =
  | {
      type: 'snapshot';
      rooms: {
        room: RoomView;
        mine: Mine;
      }[];
      privateReplies: PrivateReply[];
    }
  /** Counters of one room, coalesced. */
  | {
      type: 'counters';
      roomId: string;
      lastSeq: number;
      lastReadSeq: number;
      unread: number;
      mentions: number;
    }
  /** A room joined, changed, or left (`mine: null`). */
  | {
      type: 'room';
      room: RoomView;
      mine: Mine | null;
    }
  | {
      type: 'mention';
      roomId: string;
      messageId: string;
    }
  | {
      type: 'privateReply';
      reply: PrivateReply;
    };
//# sourceMappingURL=inbox-event.d.ts.map
