import { subjects, type RoomSignalPayload, type Snapshot } from '@parley/contracts';
import type { Bus } from '@parley/bus';
import type { PresenceFeed } from './presence-feed.js';
import type { RoomWire } from './room-source.js';

/** Follows rooms by the bus. That someone came or went is told to the presence feed too. */
export function busRoomWire(bus: Bus, presenceFeed: PresenceFeed): RoomWire {
  return {
    async subscribe(roomId, on) {
      const settled = await Promise.allSettled([
        bus.subscribe(subjects.roomEvents(roomId), on.events),
        bus.subscribe(subjects.roomDeltas(roomId), on.deltas),
        bus.subscribe(subjects.roomSignals(roomId), (payload) => {
          on.signals(payload);
          if ((payload as RoomSignalPayload).type === 'presence') presenceFeed.refresh(roomId);
        }),
      ]);
      const unsubscribe = () => {
        for (const result of settled) if (result.status === 'fulfilled') result.value.unsubscribe();
      };
      const refused = settled.find((result) => result.status === 'rejected');
      if (!refused) return { unsubscribe };
      unsubscribe();
      throw refused.reason;
    },
    requestSnapshot: ({ messageId, attempt }, timeoutMs) =>
      bus.request(subjects.replySnapshot(messageId, attempt), null, { timeoutMs }) as Promise<Snapshot | null>,
  };
}
