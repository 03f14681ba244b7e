import type { DurableEvent, Delta, Snapshot } from './room-event.js';
import type { InboxEvent } from './inbox-event.js';
export declare const subjects: {
  /** {@link RoomEventsPayload}: durable events in the order their writer committed them. */
  readonly roomEvents: (roomId: string) => string;
  /** {@link RoomDeltasPayload}. */
  readonly roomDeltas: (roomId: string) => string;
  /** {@link RoomHeadPayload}: counters for the inbox of those who do not have the room open. */
  readonly roomHead: (roomId: string) => string;
  /** {@link RoomSignalPayload}: typing and presence hints; never durable. */
  readonly roomSignals: (roomId: string) => string;
  /** {@link UserPayload}: inbox events and orders that concern one person. */
  readonly user: (userId: string) => string;
  /** {@link StopPayload}: the worker that holds the lease listens. */
  readonly replyStop: (messageId: string) => string;
  /** Request without payload; the answer is a {@link Snapshot}. */
  readonly replySnapshot: (messageId: string, attempt: number) => string;
};
/** Events larger than the broker takes travel as `{rev}` only and are read from the database. */
export type RoomEventsPayload = {
  events: (
    | DurableEvent
    | {
        rev: number;
      }
  )[];
  correlationId?: string;
};
export type RoomDeltasPayload = {
  deltas: Delta[];
  correlationId?: string;
};
export type RoomHeadPayload = {
  seq: number;
  rev: number;
};
export type RoomSignalPayload =
  | {
      type: 'typing';
      userId: string;
      typing: boolean;
    }
  | {
      type: 'presence';
    };
export type UserPayload =
  | {
      type: 'inbox';
      event: InboxEvent;
    }
  /** Sockets of this session (or all of the user's, when null) are to be closed. */
  | {
      type: 'sessionEnded';
      sessionId: string | null;
    }
  /** Membership of a room changed for this user. */
  | {
      type: 'membership';
      roomId: string;
    };
export type StopPayload = {
  attempt: number;
  stoppedBy: string;
};
export type SnapshotAnswer = Snapshot;
//# sourceMappingURL=subjects.d.ts.map
