import { channels } from '@parley/contracts';
import { createMemoryBus } from '@parley/bus/memory';
import type { Presence } from '@parley/presence';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { PresenceFeed } from './presence-feed.js';
import type { RoomHubs } from './room-hubs.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const roomId = '0199a000-0000-7000-8000-000000000001';

async function open() {
  const people = new Set<string>();
  const state = { away: false, heartbeats: 0, reads: 0 };
  const reach = async () => {
    if (state.away) throw new Error('the store is away');
  };
  const presence = {
    enter: async (_roomId: string, { userId }: { userId: string }) => {
      people.add(userId);
      await reach();
    },
    leave: async (_roomId: string, { userId }: { userId: string }) => {
      people.delete(userId);
      await reach();
    },
    heartbeat: async () => {
      state.heartbeats++;
      await reach();
    },
    online: async () => {
      state.reads++;
      await reach();
      return [...people];
    },
  } as unknown as Presence;
  const bus = createMemoryBus({ env: 'test', onError: () => {} });
  const told: unknown[] = [];
  const hub = { roomId, readerCount: 1, setPresence: (event: unknown) => told.push(event) };
  const feed = new PresenceFeed(presence, bus, { heartbeatMs: 10_000, maxNames: 3 });
  feed.tell({ get: (id: string) => (id === roomId ? hub : undefined), hubs: () => [hub] } as unknown as RoomHubs);
  // Listen as the hub's wire does.
  await bus.subscribe(channels.roomSignals(roomId), () => feed.refresh(roomId));
  return { feed, told, state, hub, people };
}

describe('presence feed', () => {
  test('a crowd that comes within a second is told once', async () => {
    const { feed, told, state } = await open();
    for (const user of ['a', 'b', 'c']) feed.entered(roomId, user, `of ${user}`);
    await vi.advanceTimersByTimeAsync(999);
    expect(told).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(told).toEqual([{ online: ['a', 'b', 'c'] }]);
    expect(state.reads).toBe(1);
    feed.left(roomId, 'b', 'of b');
    await vi.advanceTimersByTimeAsync(1_000);
    expect(told.at(-1)).toEqual({ online: ['a', 'c'] });
  });

  test('above the limit of names a count is told', async () => {
    const { feed, told } = await open();
    for (const user of ['a', 'b', 'c', 'd']) feed.entered(roomId, user, `of ${user}`);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(told).toEqual([{ onlineCount: 4 }]);
  });

  test('those of a process that died are noticed missing at the next heartbeat', async () => {
    const { told, people } = await open();
    people.add('ghost');
    await vi.advanceTimersByTimeAsync(11_000);
    expect(told.at(-1)).toEqual({ online: ['ghost'] });
    people.delete('ghost');
    await vi.advanceTimersByTimeAsync(10_000);
    expect(told.at(-1)).toEqual({ online: [] });
  });

  test('a store that is away makes it late, and the next heartbeat brings it', async () => {
    const { feed, told, state } = await open();
    state.away = true;
    feed.entered(roomId, 'a', 'of a');
    await vi.advanceTimersByTimeAsync(5_000);
    expect(told).toEqual([]);
    state.away = false;
    await vi.advanceTimersByTimeAsync(6_000);
    expect(told).toEqual([{ online: ['a'] }]);
  });

  test('a room nobody reads here asks nothing; closed, it leaves no timer', async () => {
    const { feed, state, hub } = await open();
    hub.readerCount = 0;
    feed.entered(roomId, 'a', 'of a');
    await vi.advanceTimersByTimeAsync(1_000);
    expect(state.reads).toBe(0);
    feed.refresh(roomId);
    feed.close();
    expect(vi.getTimerCount()).toBe(0);
  });
});
