import {
  AppError,
  channels,
  type InboxEvent,
  type Mine,
  type PrivateReply,
  type RoomInvitation,
  type RoomView,
  type ServerPart,
} from '@parley/contracts';
import { createMemoryBus } from '@parley/bus/memory';
import type { Bus, BusState } from '@parley/bus';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { RoomHead } from '@parley/core/sync/load-heads';
import { InboxHub } from './inbox-hub.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const userId = '0199a000-0000-7000-8000-00000000000a';
const roomId = (n: number) => `0199a000-0000-7000-8000-00000000010${n}`;

const privateReply = (id: string) => ({ id, roomId: roomId(1), attempt: 0, content: '', status: 'complete' as const, createdAt: '' });

/** An inbox whose database the test keeps. */
function world() {
  const heads = new Map<string, RoomHead>();
  const reads = new Map<string, { lastReadSeq: number; mentions: number }>();
  const queries: string[][] = [];
  const compared: string[][] = [];
  const errors: string[] = [];
  const stateListeners = new Set<(state: BusState) => void>();
  const memory = createMemoryBus({ env: 'test', onError: () => {} });
  let refuses = false;
  const bus: Bus = {
    ...memory,
    get state() {
      return memory.state;
    },
    maxPayloadBytes: memory.maxPayloadBytes,
    publish: (channel, payload) => memory.publish(channel, payload),
    subscribe: (channel, handler) =>
      refuses && channel.subject.endsWith('.head') ? Promise.reject(new AppError('UNAVAILABLE')) : memory.subscribe(channel, handler),
    onStateChange(listener) {
      stateListeners.add(listener);
      return () => stateListeners.delete(listener);
    },
  };
  const parts = { away: [] as ServerPart[], listeners: new Set<() => void>() };
  const hub = new InboxHub(
    {
      bus,
      parts: {
        get away() {
          return parts.away;
        },
        subscribe(listener) {
          parts.listeners.add(listener);
          return () => parts.listeners.delete(listener);
        },
      },
      loadHeads: async (roomIds) => {
        queries.push(roomIds);
        return new Map([...heads].filter(([id]) => roomIds.includes(id)));
      },
      loadCounted: async (rooms) => {
        const asked = rooms.filter(({ roomId: id }) => heads.has(id));
        return new Map(
          asked.map(({ roomId: id, after }) => {
            const head = heads.get(id)!;
            const seqs = Array.from({ length: head.seq }, (_, index) => index + 1).filter(
              (seq) => seq > after && !state.uncounted.has(`${id} ${seq}`),
            );
            return [id, { ...head, messages: seqs.slice(-100).map((seq) => ({ seq, authorId: state.authors.get(seq) ?? 'someone' })) }];
          }),
        );
      },
      loadMarks: async (userIds) => {
        compared.push(userIds);
        const all = [...heads.keys()].map(mine);
        const sum = (of: (each: Mine) => number) => all.reduce((total, each) => total + of(each), 0);
        const { writing } = state;
        const marks = {
          rooms: all.length,
          muted: 0,
          read: sum((m) => m.lastReadSeq),
          mentions: sum((m) => m.mentions) + state.odd,
          writing,
          invitations: state.invitedTo.length,
        };
        return new Map(userIds.map((id) => [id, marks]));
      },
      onError: (_error, operation) => errors.push(operation),
    },
    { coalesceMs: 250, headSweepMs: 3_000, headRecheckMs: 1_000 },
  );
  const mine = (id: string): Mine => {
    const lastSeq = heads.get(id)!.seq;
    const { lastReadSeq, mentions } = reads.get(id)!;
    return { role: 'member', lastSeq, lastReadSeq, unread: lastSeq - lastReadSeq, mentions, muted: false, direct: null };
  };
  const state = {
    afterLoad: null as (() => void) | null,
    privateReplies: [] as PrivateReply[],
    writing: 0,
    invitedTo: [] as string[],
    /** Lines of the system and deleted messages, as `room seq`. */
    uncounted: new Set<string>(),
    authors: new Map<number, string>(),
    /** Mentions that only the database counts. */
    odd: 0,
  };
  const load = async () => {
    const rooms = [...heads.keys()].map((id) => ({ room: { id } as RoomView, mine: mine(id) }));
    state.afterLoad?.();
    await Promise.resolve();
    const invitations = state.invitedTo.map((id) => ({ roomId: id }) as RoomInvitation);
    return { type: 'snapshot' as const, rooms, privateReplies: state.privateReplies, invitations };
  };
  function open(by = userId) {
    const events: InboxEvent[] = [];
    const abort = new AbortController();
    const done = (async () => {
      for await (const event of hub.events(by, load, abort.signal)) events.push(event);
    })();
    return { events, abort, done, counters: () => events.filter((event) => event.type === 'counters') };
  }
  return {
    hub,
    bus,
    heads,
    reads,
    queries,
    compared,
    errors,
    state,
    setAway(...away: ServerPart[]) {
      parts.away = away;
      for (const listener of parts.listeners) listener();
    },
    mine,
    open,
    stateListeners,
    refuse: (yes: boolean) => void (refuses = yes),
    room(n: number, seq = 0) {
      heads.set(roomId(n), { seq, rev: seq + 3 });
      reads.set(roomId(n), { lastReadSeq: seq, mentions: 0 });
      return roomId(n);
    },
    /** A message is committed; whether the bus says so is the caller's choice. */
    commit(id: string, travels = true) {
      const head = heads.get(id)!;
      heads.set(id, { seq: head.seq + 1, rev: head.rev + 1 });
      if (travels) bus.publish(channels.roomHead(id), heads.get(id)!);
    },
    tell: (event: InboxEvent) => bus.publish(channels.user(userId), { type: 'inbox', event }),
  };
}

const settle = (ms = 0) => vi.advanceTimersByTimeAsync(ms);

describe('inbox', () => {
  test('begins with a snapshot, then tells counters, joined within a quarter of a second', async () => {
    const { room, open, commit } = world();
    const [one, two] = [room(1), room(2, 5)];
    const { events, counters } = open();
    await settle(1);
    expect(events).toMatchObject([
      { type: 'snapshot', rooms: [{ room: { id: one } }, { room: { id: two } }] },
      { type: 'server', away: [] },
    ]);
    for (let i = 0; i < 40; i++) commit(two);
    await settle(100);
    commit(one);
    await settle(100);
    expect(events).toHaveLength(2);
    await settle(60);
    expect(counters()).toEqual([
      { type: 'counters', roomId: two, lastSeq: 45, lastReadSeq: 5, unread: 40, mentions: 0 },
      { type: 'counters', roomId: one, lastSeq: 1, lastReadSeq: 0, unread: 1, mentions: 0 },
    ]);
  });

  test('what is committed between the snapshot and the watch being live is counted', async () => {
    const { room, open, commit, state } = world();
    const id = room(1);
    state.afterLoad = () => {
      state.afterLoad = null;
      // Nobody listens for this room yet.
      commit(id);
    };
    const inbox = open();
    await settle(300);
    expect(inbox.counters()).toMatchObject([{ roomId: id, lastSeq: 1, unread: 1 }]);
  });

  test('what the bus lost is counted at the next sweep, by one query for all rooms of the process', async () => {
    const { room, open, commit, queries } = world();
    const ids = [room(1), room(2), room(3)];
    const first = open();
    const second = open();
    await settle(2_000);
    queries.length = 0;
    for (const id of ids) commit(id, false);
    await settle(4_300);
    expect(queries.length).toBeGreaterThan(0);
    for (const asked of queries) expect(asked).toEqual(ids);
    for (const inbox of [first, second])
      expect(inbox.counters().map((event) => event.type === 'counters' && event.unread)).toEqual([1, 1, 1]);
  });

  test('a bus that refuses to listen to a room makes its counters late, not wrong', async () => {
    const { room, open, commit, errors, refuse } = world();
    const id = room(1);
    refuse(true);
    const { counters } = open();
    await settle(1);
    commit(id);
    await settle(4_300);
    expect(errors).toContain('watch a room’s head');
    expect(counters()).toMatchObject([{ lastSeq: 1 }]);
  });

  test('reading on another page resets unread and mentions, whatever order the news come in', async () => {
    const { room, open, commit, tell } = world();
    const id = room(1);
    const { counters } = open();
    await settle(1);
    commit(id);
    tell({ type: 'mention', roomId: id, messageId: id });
    await settle(300);
    expect(counters().at(-1)).toMatchObject({ unread: 1, mentions: 1 });
    tell({ type: 'counters', roomId: id, lastSeq: 1, lastReadSeq: 1, unread: 0, mentions: 0 });
    // This event is about the same message and comes late: the message has been read.
    tell({ type: 'mention', roomId: id, messageId: id });
    await settle(300);
    expect(counters().at(-1)).toMatchObject({ unread: 0, mentions: 0 });
    commit(id);
    await settle(300);
    expect(counters().at(-1)).toMatchObject({ unread: 1, mentions: 0 });
  });

  test('a line of the system counts for nobody, a message not for its author, and a deletion makes fewer unread', async () => {
    const { room, open, commit, state, heads, bus } = world();
    const id = room(1, 4);
    const [mine, theirs] = [open(), open(roomId(9))];
    await settle(1);
    state.uncounted.add(`${id} 5`);
    commit(id);
    await settle(300);
    expect(mine.counters().at(-1)).toMatchObject({ lastSeq: 5, unread: 0 });
    state.authors.set(6, roomId(9));
    for (let seq = 6; seq < 9; seq++) commit(id);
    await settle(300);
    expect(mine.counters().at(-1)).toMatchObject({ lastSeq: 8, unread: 3 });
    expect(theirs.counters().at(-1)).toMatchObject({ lastSeq: 8, unread: 2 });
    state.uncounted.add(`${id} 7`);
    const { seq, rev } = heads.get(id)!;
    heads.set(id, { seq, rev: rev + 1 });
    bus.publish(channels.roomHead(id), { seq, rev: rev + 1 });
    await settle(600);
    expect(mine.counters().at(-1)).toMatchObject({ lastSeq: 8, unread: 2 });
    // The bus loses the next deletion: the comparison of heads finds it.
    state.uncounted.add(`${id} 8`);
    heads.set(id, { seq, rev: rev + 2 });
    await settle(4_300);
    expect(mine.counters().at(-1)).toMatchObject({ lastSeq: 8, unread: 1 });
  });

  test('news that come while a snapshot is read are in it or in another', async () => {
    const { room, open, state, reads, tell, commit } = world();
    const id = room(1);
    state.afterLoad = () => {
      state.afterLoad = null;
      // The message is committed after the snapshot was read, and told before the snapshot is returned.
      commit(id);
      reads.set(id, { lastReadSeq: 0, mentions: 1 });
      tell({ type: 'mention', roomId: id, messageId: id });
    };
    const { events } = open();
    await settle(10);
    expect(events.filter(({ type }) => type === 'snapshot').at(-1)).toMatchObject({ rooms: [{ mine: { mentions: 1, unread: 1 } }] });
  });

  test('what one writes while a snapshot is read again is read in the end', async () => {
    const { room, open, state, reads, heads, bus, commit, stateListeners } = world();
    const id = room(1);
    const { events } = open();
    await settle(1);
    state.afterLoad = () => {
      state.afterLoad = null;
      commit(id, false);
      reads.set(id, { lastReadSeq: 1, mentions: 0 });
      bus.publish(channels.roomHead(id), { ...heads.get(id)!, read: { userId, seq: 1 } });
    };
    for (const listener of stateListeners) listener('connected');
    await settle(300);
    const told = events.findLast((event) => event.type === 'counters' || event.type === 'snapshot');
    expect(told).toMatchObject(
      told?.type === 'snapshot' ? { rooms: [{ mine: { unread: 0, lastSeq: 1 } }] } : { lastSeq: 1, lastReadSeq: 1, unread: 0 },
    );
  });

  test('what the bus lost of what it says to a person alone comes with a snapshot, two sweeps later', async () => {
    const { room, open, state, reads, heads } = world();
    const id = room(1, 5);
    state.privateReplies = [{ ...privateReply('p'), status: 'streaming' }];
    state.writing = 1;
    const { events } = open();
    const snapshots = () => events.filter((event) => event.type === 'snapshot');
    await settle(10_000);
    expect(snapshots()).toHaveLength(1);
    const lost: [() => void, object][] = [
      // Somebody puts the person into a room.
      [() => void room(2, 7), { rooms: [{ room: { id } }, { room: { id: roomId(2) } }] }],
      // The person reads on another page.
      [
        () => void (heads.set(id, { seq: 6, rev: 9 }), reads.set(id, { lastReadSeq: 6, mentions: 0 })),
        { rooms: [{ mine: { unread: 0 } }, {}] },
      ],
      // The person is mentioned.
      [
        () => void (heads.set(id, { seq: 7, rev: 10 }), reads.set(id, { lastReadSeq: 6, mentions: 1 })),
        { rooms: [{ mine: { mentions: 1 } }, {}] },
      ],
      [() => void ((state.privateReplies = [privateReply('p')]), (state.writing = 0)), { privateReplies: [{ status: 'complete' }] }],
      // The person is removed from a room.
      [() => void heads.delete(id), { rooms: [{ room: { id: roomId(2) } }] }],
    ];
    for (const [change, expected] of lost) {
      const before = snapshots().length;
      change();
      await settle(7_500);
      expect(snapshots().slice(before)).toMatchObject([expected]);
    }
    await settle(20_000);
    expect(snapshots()).toHaveLength(1 + lost.length);
  });

  test('a private answer that ends while a snapshot is read is no reason for another', async () => {
    const { room, open, state, tell } = world();
    room(1);
    state.privateReplies = [{ ...privateReply('p'), status: 'streaming' }];
    state.afterLoad = () => tell({ type: 'privateReply', reply: privateReply('p') });
    const { events } = open();
    await settle(20_000);
    expect(events.filter(({ type }) => type === 'snapshot')).toHaveLength(1);
    expect(events.findLast(({ type }) => type === 'privateReply')).toMatchObject({ reply: { id: 'p', status: 'complete' } });
  });

  test('a database that was put back to an earlier day: nothing is unread that is no more', async () => {
    const { room, open, reads, heads, commit, queries } = world();
    const [id, other] = [room(1, 5), room(2, 7)];
    reads.set(id, { lastReadSeq: 5, mentions: 0 });
    const { events, counters } = open();
    await settle(1);
    commit(id);
    await settle(300);
    expect(counters().at(-1)).toMatchObject({ lastSeq: 6, unread: 1 });
    heads.set(id, { seq: 2, rev: 2 });
    reads.set(id, { lastReadSeq: 2, mentions: 0 });
    const asked = queries.length;
    await settle(3_700 + 2_000);
    expect(queries.length).toBeGreaterThan(asked);
    const snapshots = events.filter((event) => event.type === 'snapshot');
    expect(snapshots).toHaveLength(2);
    expect(events.findLast(({ type }) => type === 'snapshot' || type === 'counters')).toBe(snapshots[1]);
    expect(snapshots[1]).toMatchObject({ rooms: [{ mine: { lastSeq: 2, unread: 0 } }, { room: { id: other }, mine: { lastSeq: 7 } }] });
    commit(id);
    await settle(300);
    expect(counters().at(-1)).toMatchObject({ roomId: id, lastSeq: 3, unread: 1 });
  });

  test('an invitation comes with a snapshot, also where the bus lost it, and goes with the room that was joined', async () => {
    const { room, open, state, bus, tell, mine } = world();
    room(1);
    const { events } = open();
    await settle(1);
    const snapshots = () => events.flatMap((event) => (event.type === 'snapshot' ? [event.invitations?.map(({ roomId: id }) => id)] : []));
    const [told, lost] = [roomId(2), roomId(3)];
    state.invitedTo = [told];
    bus.publish(channels.user(userId), { type: 'invitations' });
    await settle(1);
    expect(snapshots()).toEqual([[], [told]]);
    state.invitedTo = [told, lost];
    await settle(8_000);
    expect(snapshots()).toEqual([[], [told], [told, lost]]);
    // By accepting. Nothing is in doubt then.
    room(2);
    state.invitedTo = [lost];
    tell({ type: 'room', room: { id: told } as RoomView, mine: mine(told) });
    await settle(20_000);
    expect(snapshots()).toHaveLength(3);
  });

  test('what differs for a moment, or for good, brings no snapshot after another', async () => {
    const { room, open, state, commit, reads, tell, heads } = world();
    const id = room(1);
    const { events } = open();
    const snapshots = () => events.filter((event) => event.type === 'snapshot').length;
    for (let seq = 1; seq <= 20; seq++) {
      commit(id);
      reads.set(id, { lastReadSeq: seq, mentions: 0 });
      await settle(1_000);
      // Each change is told a second late.
      tell({ type: 'counters', roomId: id, lastSeq: heads.get(id)!.seq, lastReadSeq: seq, unread: 0, mentions: 0 });
    }
    expect(snapshots()).toBe(1);
    state.odd = 1;
    await settle(60_000);
    expect(snapshots()).toBe(2);
  });

  test('a sweep asks about so many people at most, and in turn about all', async () => {
    const { room, open, compared, hub } = world();
    room(1);
    const people = Array.from({ length: 1_200 }, (_, i) => `0199a000-0000-7000-8000-${String(i).padStart(12, '0')}`);
    const inboxes = people.map((each) => open(each));
    await settle(4 * 3_700);
    expect(hub.counts.readers).toBe(1_200);
    expect(compared.slice(0, 4).map((asked) => asked.length)).toEqual([500, 500, 200, 500]);
    expect(compared.slice(0, 3).flat()).toEqual(people);
    for (const { abort } of inboxes) abort.abort();
  });

  test('rooms come and go with the list, and are watched no longer than counted', async () => {
    const { hub, room, open, tell, mine, commit, heads } = world();
    room(1);
    const { events, counters, abort, done } = open();
    await settle(1);
    const joined = room(2, 7);
    tell({ type: 'room', room: { id: joined } as RoomView, mine: mine(joined) });
    await settle(1);
    expect(hub.counts).toEqual({ readers: 1, rooms: 2 });
    commit(joined);
    await settle(300);
    expect(counters()).toMatchObject([{ roomId: joined, lastSeq: 8, unread: 1 }]);
    tell({ type: 'room', room: { id: joined } as RoomView, mine: null });
    await settle(1);
    expect(hub.counts).toEqual({ readers: 1, rooms: 1 });
    heads.delete(joined);
    expect(events.filter(({ type }) => type === 'room')).toHaveLength(2);
    abort.abort();
    await done;
    expect(hub.counts).toEqual({ readers: 0, rooms: 0 });
    hub.close();
    expect(vi.getTimerCount()).toBe(0);
  });

  test('after a gap everyone starts again from a snapshot', async () => {
    const { room, open, commit, stateListeners } = world();
    const id = room(1);
    const { events } = open();
    await settle(1);
    commit(id, false);
    for (const listener of stateListeners) listener('connected');
    await settle(10);
    expect(events.map(({ type }) => type)).toEqual(['snapshot', 'server', 'snapshot', 'server']);
    expect(events[2]).toMatchObject({ rooms: [{ mine: { unread: 1 } }] });
  });

  test('what the server is without is told after the snapshot, and whenever it changes', async () => {
    const { room, open, setAway } = world();
    room(1);
    setAway('bus');
    const first = open();
    await settle(1);
    expect(first.events[1]).toEqual({ type: 'server', away: ['bus'] });
    setAway('database', 'bus');
    setAway();
    await settle(1);
    expect(first.events.slice(2)).toEqual([
      { type: 'server', away: ['database', 'bus'] },
      { type: 'server', away: [] },
    ]);
  });

  test('a reader that does not read is given a snapshot instead of a queue', async () => {
    const { hub, room, mine, tell } = world();
    const id = room(1);
    const rooms = [{ room: { id } as RoomView, mine: mine(id) }];
    const reads = { count: 0 };
    const inbox = hub.events(
      userId,
      async () => ({ type: 'snapshot', rooms, privateReplies: [{ id: String(reads.count++) } as never] }),
      undefined,
    );
    expect((await inbox.next()).value).toMatchObject({ type: 'snapshot' });
    for (let i = 0; i < 1_500; i++) tell({ type: 'privateReply', reply: privateReply(`r${i}`) });
    await settle(10);
    await inbox.next();
    const next = await inbox.next();
    expect(next.value).toMatchObject({ type: 'snapshot', privateReplies: [{ id: '1' }] });
    await inbox.return(undefined);
    expect(hub.counts.readers).toBe(0);
  });

  test('of a private reply that grows faster than it is read, the latest is told', async () => {
    const { hub, room, mine, tell } = world();
    const id = room(1);
    const inbox = hub.events(
      userId,
      async () => ({ type: 'snapshot', rooms: [{ room: { id } as RoomView, mine: mine(id) }], privateReplies: [] }),
      undefined,
    );
    expect((await inbox.next()).value).toMatchObject({ type: 'snapshot' });
    expect((await inbox.next()).value).toMatchObject({ type: 'server' });
    for (let i = 1; i <= 1_500; i++) tell({ type: 'privateReply', reply: { ...privateReply('r'), content: 'x'.repeat(i) } });
    tell({ type: 'privateReplyDismissed', id: 'r' });
    await settle(10);
    expect((await inbox.next()).value).toMatchObject({ type: 'privateReply', reply: { content: 'x'.repeat(1_500) } });
    expect((await inbox.next()).value).toEqual({ type: 'privateReplyDismissed', id: 'r' });
    await inbox.return(undefined);
  });

  test('out of a room, nobody hears more of their private replies there', async () => {
    const { room, open, tell } = world();
    const id = room(1);
    const { events } = open();
    await settle(1);
    tell({ type: 'privateReply', reply: privateReply('before') });
    await settle(1);
    tell({ type: 'room', room: { id } as RoomView, mine: null });
    tell({ type: 'privateReply', reply: privateReply('after') });
    await settle(1);
    expect(events.filter(({ type }) => type === 'privateReply')).toMatchObject([{ reply: { id: 'before' } }]);
  });

  test('a snapshot that cannot be read ends the subscription with that error, and leaves nothing', async () => {
    const { hub } = world();
    const inbox = hub.events(userId, () => Promise.reject(new AppError('UNAVAILABLE')), undefined);
    await expect(inbox.next()).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect(hub.counts).toEqual({ readers: 0, rooms: 0 });
  });
});
