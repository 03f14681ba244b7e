import {
  AppError,
  type DurableEvent,
  type RoomDeltasPayload,
  type RoomEvent,
  type RoomEventsPayload,
  type RoomThoughtPayload,
  type Snapshot,
} from '@parley/contracts';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { EventBatch } from './event-batch.js';
import { EphemeralIds, type OutEvent } from './out-event.js';
import type { RoomReader } from './reader.js';
import { RoomHubs } from './room-hubs.js';
import type { ActiveReply } from '@parley/core/sync/admit-reader';
import type { RoomQueue } from '@parley/core/sync/load-queue';
import type { RoomSource, RoomWire } from './room-source.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const options = {
  log: { gapMs: 25, maxEarly: 1_000, pageSize: 10, maxReplay: 20 },
  replies: { windowMs: 20, holeMs: 150, snapshotTimeoutMs: 200 },
  ringSize: 4,
  typingMs: 6_000,
  headSweepMs: 3_000,
  headRecheckMs: 1_000,
  lingerMs: 5_000,
};

const message = (rev: number) =>
  ({
    type: 'message',
    rev,
    message: { kind: 'text', id: `m${rev}`, seq: rev, author: { type: 'user', id: null } },
  }) as unknown as DurableEvent;
const left = (rev: number, userId: string) =>
  ({ type: 'member', rev, left: true, member: { user: { id: userId } } }) as unknown as DurableEvent;

/** A room whose database and bus are scripted. */
function world() {
  const state = {
    events: [] as DurableEvent[],
    members: new Set(['ann', 'bob']),
    active: [] as ActiveReply[],
    queue: { replies: [], count: 0 } as RoomQueue,
    databaseAway: false,
    busRefuses: false,
    /** Handlers that get what the bus carries, while it does not lose everything. */
    listeners: new Set<(payload: RoomEventsPayload) => void>(),
    deltaListeners: new Set<(payload: RoomDeltasPayload) => void>(),
    thoughtListeners: new Set<(payload: RoomThoughtPayload) => void>(),
    errors: [] as string[],
    worker: null as Snapshot | null,
    /** Runs when a page of changes has been read, before it is given. */
    duringChanges: null as (() => void) | null,
    /** Runs when an admission has been read, before it is given. */
    duringAdmission: null as (() => void) | null,
    /** Runs when heads have been read, before they are given. */
    duringHeads: null as (() => void) | null,
    /** Holds an admission that has been read. */
    beforeAdmitted: null as (() => Promise<void>) | null,
    admissions: 0,
  };
  const head = () => ({ rev: state.events.at(-1)?.rev ?? 0, seq: state.events.length, membersRev: 1 });
  const reach = async () => {
    await Promise.resolve();
    if (state.databaseAway) throw new AppError('UNAVAILABLE');
  };
  const source: RoomSource = {
    async loadChanges(_roomId, afterRev, limit) {
      await reach();
      const changed = state.events.filter(({ rev }) => rev > afterRev);
      const page = { events: changed.slice(0, limit), head: head(), complete: changed.length <= limit };
      state.duringChanges?.();
      return page;
    },
    async admitReader(_roomId, userId) {
      await reach();
      const read = { head: head(), member: state.members.has(userId) ? { role: 'member' as const } : null, active: state.active };
      state.admissions++;
      state.duringAdmission?.();
      await state.beforeAdmitted?.();
      return read;
    },
    async loadQueue() {
      await reach();
      return state.queue;
    },
    async loadHeads(roomIds) {
      await reach();
      const heads = new Map(roomIds.map((roomId) => [roomId, head()]));
      state.duringHeads?.();
      return heads;
    },
  };
  const wire: RoomWire = {
    async subscribe(_roomId, on) {
      await Promise.resolve();
      if (state.busRefuses) throw new AppError('UNAVAILABLE');
      state.listeners.add(on.events);
      state.deltaListeners.add(on.deltas);
      state.thoughtListeners.add(on.thoughts);
      return {
        unsubscribe: () => {
          state.listeners.delete(on.events);
          state.deltaListeners.delete(on.deltas);
          state.thoughtListeners.delete(on.thoughts);
        },
      };
    },
    requestSnapshot: async () => state.worker,
  };
  const hubs = new RoomHubs(
    { source, wire, ids: new EphemeralIds('boot'), onError: (_error, { operation }) => state.errors.push(operation) },
    options,
  );
  const publish = (...events: DurableEvent[]) => {
    for (const listener of state.listeners) listener({ events });
  };
  return {
    state,
    hubs,
    publish,
    commit(event: DurableEvent, travels = true) {
      state.events.push(event);
      if (travels) publish(event);
    },
    async enter(userId: string, after: number | null = null) {
      const hub = await hubs.acquire('room', { userId, sessionId: `of ${userId}` });
      const reader = new FakeReader(userId);
      reader.take([await hub.admit(reader, after)]);
      return { hub, reader };
    },
  };
}

class FakeReader implements RoomReader {
  readonly userId: string;
  readonly sessionId: string;
  readonly connectionId = 'c';
  readonly received: OutEvent[] = [];
  ended: { error: AppError | null } | null = null;
  recovers = false;

  constructor(userId: string) {
    this.userId = userId;
    this.sessionId = `of ${userId}`;
  }

  take(events: readonly OutEvent[]): void {
    this.received.push(...events);
  }

  deliver(batch: EventBatch): number {
    this.take(batch.events);
    return batch.events.length;
  }

  end(error: AppError | null): void {
    this.ended = { error };
  }

  takeRecovered(): boolean {
    return this.recovers;
  }

  get revs(): number[] {
    return this.received.filter(({ durable }) => durable).map(({ id }) => Number(id));
  }

  of<T extends RoomEvent['type']>(type: T): Extract<RoomEvent, { type: T }>[] {
    return this.received.map(({ event }) => event).filter((event) => event.type === type) as Extract<RoomEvent, { type: T }>[];
  }
}

const settle = (ms = 0) => vi.advanceTimersByTimeAsync(ms);

describe('room hubs', () => {
  test('a room that could not be opened leaves nothing behind, and opens at the next try', async () => {
    const { state, hubs, enter } = world();
    state.databaseAway = true;
    const both = await Promise.allSettled([enter('ann'), enter('bob')]);
    expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(hubs.counts).toEqual({ rooms: 0, readers: 0 });
    expect(state.listeners.size).toBe(0);
    state.databaseAway = false;
    await enter('ann');
    expect(hubs.counts).toEqual({ rooms: 1, readers: 1 });
    hubs.close();
    expect(state.listeners.size).toBe(0);
    expect(hubs.counts).toEqual({ rooms: 0, readers: 0 });
    await settle(3_000);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('a room opened while the bus refuses works late, by the sweep, and in time once the bus takes the subscription', async () => {
    const { state, commit, enter } = world();
    state.busRefuses = true;
    const { reader } = await enter('ann');
    expect(state.errors).toContain('subscribe');
    commit(message(1));
    expect(reader.revs).toEqual([]);
    await settle(4_000);
    expect(reader.revs).toEqual([1]);
    state.busRefuses = false;
    await settle(4_000);
    commit(message(2));
    await settle(1);
    expect(reader.revs).toEqual([1, 2]);
  });

  test('what a model thinks of a private answer reaches every reader of its asker, and nobody else', async () => {
    const { state, commit, enter } = world();
    const { reader: ann } = await enter('ann');
    const { reader: elsewhere } = await enter('ann');
    const { reader: bob } = await enter('bob');
    const piece = { messageId: 'private', attempt: 1, offset: 0, text: 'They ask about Kitchen.' };
    for (const listener of state.thoughtListeners) listener({ ...piece, to: 'ann' });
    // Without a person it is of an answer that the room sees, and here none is under way.
    for (const listener of state.thoughtListeners) listener({ ...piece, text: 'Nobody’s.' });
    commit(message(1));
    await settle(100);
    expect([ann, elsewhere, bob].map((reader) => reader.of('thought'))).toEqual([
      [{ type: 'thought', ...piece }],
      [{ type: 'thought', ...piece }],
      [],
    ]);
    expect([ann, elsewhere, bob].map(({ revs }) => revs)).toEqual([[1], [1], [1]]);
    const { reader: later } = await enter('ann', 0);
    expect(later.of('thought')).toEqual([]);
  });

  test('what is written while the head is read comes without anything after it, or a comparison of heads, to bring it', async () => {
    const { state, commit, enter } = world();
    // Do this once: this admission opens the room, and its head is from before the commit.
    state.duringAdmission = () => {
      state.duringAdmission = null;
      commit(message(1));
    };
    const { reader } = await enter('ann');
    // Wait less than the second after which heads are first compared.
    await settle(100);
    expect(reader.of('hello')).toMatchObject([{ rev: 1 }]);
    const { reader: again } = await enter('bob', 0);
    expect(again.revs).toEqual([1]);
  });

  test('what is applied between the last page of a replay and attaching reaches the newcomer', async () => {
    const { state, commit, enter } = world();
    const { reader: witness } = await enter('bob');
    for (let rev = 1; rev <= 12; rev++) commit(message(rev));
    await settle(1);
    // Deliver events in the very turns in which the replay is put together.
    for (let turns = 0; turns < 12; turns++) {
      const before = state.events.length;
      state.duringChanges = () => {
        state.duringChanges = null;
        let left = turns;
        const step = () => (left-- > 0 ? void Promise.resolve().then(step) : commit(message(before + 1)));
        step();
      };
      const { reader } = await enter('ann', 0);
      await settle(1);
      expect(reader.revs).toEqual(Array.from({ length: state.events.length }, (_, i) => i + 1));
      expect(state.events.length).toBe(before + 1);
      if (state.events.length > 18) break;
    }
    expect(witness.revs).toEqual(state.events.map(({ rev }) => rev));
  });

  test('whatever is applied around the turn in which a newcomer is attached, its replay comes first', async () => {
    const { commit, enter, state } = world();
    await enter('bob');
    commit(message(1));
    for (let turns = 0; turns < 40; turns++) {
      const before = state.events.length;
      state.duringAdmission = () => {
        state.duringAdmission = null;
        let wait = turns;
        const step = () => {
          if (wait-- > 0) return void Promise.resolve().then(step);
          commit(message(before + 1));
          // A reader who leaves is given at once what came before.
          commit(left(before + 2, 'cid'));
        };
        step();
      };
      const { hub, reader } = await enter('ann', Math.max(0, before - 2));
      await settle(1);
      hub.detach(reader);
      expect(reader.revs, `after ${turns} turns`).toEqual(
        state.events
          .slice(-4)
          .map(({ rev }) => rev)
          .filter((rev) => rev > before - 2),
      );
    }
  });

  test('a page of the replay that is ahead of what the hub has: revs still increase, and none comes twice', async () => {
    const { state, commit, enter } = world();
    const { reader: witness } = await enter('bob');
    for (let rev = 1; rev <= 10; rev++) commit(message(rev));
    await settle(1);
    state.duringAdmission = () => {
      state.duringAdmission = null;
      // These changes are committed before the replay is read, and come by the bus after the newcomer is in.
      for (let rev = 11; rev <= 20; rev++) commit(message(rev), false);
    };
    const { reader } = await enter('ann', 1);
    await settle(4_000);
    for (const each of [reader, witness]) expect(each.revs).toEqual(each.revs.toSorted((a, b) => a - b));
    expect(reader.revs).toEqual(Array.from({ length: 19 }, (_, i) => i + 2));
  });

  test('one who left among changes that were skipped is not let in by an older reading, wherever they start', async () => {
    for (const after of [null, 1_000]) {
      const { state, hubs, commit, enter } = world();
      await enter('bob');
      state.duringAdmission = () => {
        state.duringAdmission = null;
        state.members.delete('ann');
        for (let rev = 1; rev <= 50; rev++) commit(rev === 40 ? left(rev, 'ann') : message(rev), false);
        void hubs.compareHeads();
      };
      let release = () => {};
      const held = new Promise<void>((resolve) => (release = resolve));
      state.beforeAdmitted = () => held;
      const entering = enter('ann', after);
      entering.catch(() => {});
      await settle(1);
      release();
      await expect(entering).rejects.toMatchObject({ code: 'ROOM_NOT_FOUND' });
      expect(hubs.counts.readers).toBe(1);
    }
  });

  test('the reading that opens a room lets its first reader in', async () => {
    const { state, enter } = world();
    await enter('ann');
    expect(state.admissions).toBe(1);
    await enter('ann');
    await enter('bob');
    expect(state.admissions).toBe(3);
  });

  test('a reply that ends while the room is opened is not one in progress', async () => {
    const { state, commit, enter } = world();
    state.active = [{ messageId: 'm1', attempt: 1 }];
    state.duringAdmission = () => {
      state.duringAdmission = null;
      state.active = [];
      commit({
        type: 'message',
        rev: 1,
        message: { kind: 'reply', id: 'm1', seq: 1, status: 'complete', attempt: 1, author: { type: 'character', id: null } },
      } as unknown as DurableEvent);
    };
    const { reader } = await enter('ann');
    expect(reader.of('hello')).toMatchObject([{ rev: 1, replies: [] }]);
  });

  test('a lost event is read at the next comparison of heads; a second after opening there is one', async () => {
    const { commit, enter } = world();
    const { reader } = await enter('ann');
    commit(message(1), false);
    await settle(1_100);
    expect(reader.revs).toEqual([1]);
    commit(message(2), false);
    await settle(4_000);
    expect(reader.revs).toEqual([1, 2]);
  });

  test('one who leaves is given all before it, and nothing from it on', async () => {
    const { commit, enter } = world();
    const { reader: ann } = await enter('ann');
    const { reader: bob } = await enter('bob');
    commit(message(1));
    commit(left(2, 'ann'));
    commit(message(3));
    await settle(1);
    expect(ann.revs).toEqual([1]);
    expect(ann.ended).toMatchObject({ error: { code: 'ROOM_NOT_FOUND' } });
    expect(bob.revs).toEqual([1, 2, 3]);
  });

  test('after a jump everyone is told to refetch, who left meanwhile is ended, and replies that ended are forgotten', async () => {
    const { state, hubs, commit, enter } = world();
    state.active = [{ messageId: 'r', attempt: 1 }];
    const { reader: ann } = await enter('ann');
    const { reader: bob } = await enter('bob');
    for (let rev = 1; rev <= 50; rev++) commit(message(rev), false);
    state.members.delete('ann');
    state.active = [];
    await hubs.compareHeads();
    await settle(1);
    expect(bob.of('resync')).toEqual([{ type: 'resync', rev: 50 }]);
    expect(ann.ended).toMatchObject({ error: { code: 'ROOM_NOT_FOUND' } });
    expect(bob.ended).toBeNull();
    commit(message(51));
    await settle(1);
    expect(bob.revs.at(-1)).toBe(51);
    expect(ann.revs).not.toContain(51);
    const { reader: newcomer } = await enter('bob');
    expect(newcomer.of('hello')).toMatchObject([{ rev: 51, replies: [] }]);
  });

  test('a database that was put back to an earlier day: everyone is told to refetch, and hears what is written from there on', async () => {
    const { state, hubs, commit, enter } = world();
    const { reader: ann } = await enter('ann');
    for (const rev of [1, 2, 3]) commit(message(rev));
    commit(left(4, 'bob'));
    commit(message(5));
    await settle(1);
    state.events.length = 3;
    await hubs.compareHeads();
    await settle(1);
    expect(ann.of('resync')).toEqual([{ type: 'resync', rev: 3 }]);
    commit(message(4));
    await settle(1);
    expect(ann.revs).toEqual([1, 2, 3, 4, 5, 4]);
    // The restored database no longer has the change by which Bob left.
    const { reader: bob } = await enter('bob', 3);
    expect(bob.of('hello')).toMatchObject([{ rev: 4, seq: 4 }]);
    expect(bob.revs).toEqual([4]);
  });

  test('heads that were read before an event came are not mistaken for that', async () => {
    const { state, hubs, commit, enter } = world();
    const { reader } = await enter('ann');
    commit(message(1));
    await settle(1);
    state.duringHeads = () => commit(message(2));
    await hubs.compareHeads();
    await settle(1);
    expect(reader.of('resync')).toEqual([]);
    expect(reader.revs).toEqual([1, 2]);
  });

  test('a reader that recovers is given texts, presence and typing under the position it was really sent', async () => {
    const { state, hubs, commit, enter } = world();
    state.active = [{ messageId: 'r', attempt: 1 }];
    state.worker = { messageId: 'r', attempt: 1, text: 'so far' };
    const { hub, reader } = await enter('ann');
    hubs.get('room')!.setPresence({ online: ['ann'] });
    await settle(1);
    reader.recovers = true;
    // The event is applied but not flushed yet: a reader that resumed from an id with its rev would lose it.
    commit(message(1));
    const before = reader.received.length;
    hub.recover(reader);
    expect(reader.received.slice(before).map(({ id, event }) => [id.split(':')[0], event.type])).toEqual([
      ['0', 'snapshot'],
      ['0', 'presence'],
      ['0', 'typing'],
    ]);
    await settle(1);
    expect(reader.revs).toEqual([1]);
  });

  test('a room without readers lingers, serves who comes back, and closes', async () => {
    const { state, hubs, enter } = world();
    const { hub, reader } = await enter('ann');
    hub.detach(reader);
    hubs.release(hub);
    await settle(4_900);
    const again = await enter('ann');
    expect(again.hub).toBe(hub);
    again.hub.detach(again.reader);
    hubs.release(hub);
    await settle(5_100);
    expect(hubs.counts).toEqual({ rooms: 0, readers: 0 });
    expect(state.listeners.size).toBe(0);
  });

  test('stopping, it takes nobody in and ends those inside quietly', async () => {
    const { hubs, enter } = world();
    const { reader } = await enter('ann');
    hubs.close();
    expect(reader.ended).toEqual({ error: null });
    await expect(enter('ann')).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });
});
