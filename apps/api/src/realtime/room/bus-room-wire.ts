import { channels } from '@parley/contracts';
import type { Bus } from '@parley/bus';
import type { PresenceFeed } from './presence-feed.js';
import type { RoomWire } from './room-source.js';

/** Follows rooms by the bus, and tells the presence feed too when someone came or went. */
export function busRoomWire(bus: Bus, presenceFeed: PresenceFeed): RoomWire {
  return {
    async subscribe(roomId, on) {
      const settled = await Promise.allSettled([
        bus.subscribe(channels.roomEvents(roomId), on.events),
        bus.subscribe(channels.roomDeltas(roomId), on.deltas),
        bus.subscribe(channels.roomThoughts(roomId), on.thoughts),
        bus.subscribe(channels.roomSignals(roomId), (payload) => {
          on.signals(payload);
          if (payload.type === 'presence') presenceFeed.refresh(roomId);
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
    requestSnapshot: async ({ messageId, attempt }, timeoutMs) =>
      bus.request(channels.replySnapshot(messageId, attempt), null, { timeoutMs }),
  };
}
