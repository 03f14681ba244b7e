import type { RoomDeltasPayload, RoomEventsPayload, RoomSignalPayload, RoomThoughtPayload, Snapshot } from '@parley/contracts';
import type { Admission, ActiveReply } from '@parley/core/sync/admit-reader';
import type { RoomChanges } from '@parley/core/sync/load-changes';
import type { RoomQueue } from '@parley/core/sync/load-queue';
import type { RoomHead } from '@parley/core/sync/load-heads';

/** What the hub needs of the domain: how to read a room. `coreRoomSource` does it by core's queries. */
export interface RoomSource {
  /** Changes after `rev` in rev order, and the head, from one snapshot. `complete` when the page reaches the head. */
  loadChanges(roomId: string, afterRev: number, limit: number): Promise<RoomChanges>;
  /** Head, membership and replies in progress, from one snapshot. */
  admitReader(roomId: string, userId: string, sessionId: string): Promise<Admission>;
  /** The answers of a room that are not finished. */
  loadQueue(roomId: string): Promise<RoomQueue>;
  /** Heads of many rooms, from one snapshot. */
  loadHeads(roomIds: string[]): Promise<Map<string, RoomHead>>;
}

/** What the hub needs of the bus. Its promises are those in packages/bus/src/bus.ts. */
export interface RoomWire {
  subscribe(
    roomId: string,
    on: {
      events(payload: RoomEventsPayload): void;
      deltas(payload: RoomDeltasPayload): void;
      signals(payload: RoomSignalPayload): void;
      thoughts(payload: RoomThoughtPayload): void;
    },
  ): Promise<{ unsubscribe(): void }>;
  /** The text so far of a reply that some worker is writing; null if none answers in time. */
  requestSnapshot(reply: ActiveReply, timeoutMs: number): Promise<Snapshot | null>;
}
