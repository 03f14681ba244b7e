import type { DurableEvent } from '@parley/contracts';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { RoomLog, type RoomLogOptions } from './room-log.js';
import type { RoomHead } from '@parley/core/sync/load-heads';
import type { RoomSource } from './room-source.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A change of one row; its content is its rev, so that the same rev is always the same payload. */
const change = (row: number, rev: number) => ({ type: 'message', rev, message: { id: String(row) } }) as unknown as DurableEvent;
const rowOf = (event: DurableEvent) => Number((event as { message: { id: string } }).message.id);

/** A room of a few rows that keep their last rev, and queries that are answered when the test says. */
class FakeRoom implements Pick<RoomSource, 'loadChanges'> {
  rev = 0;
  readonly rows = new Map<number, number>();
  readonly committed: DurableEvent[] = [];
  readonly queries: { answer(): void; fail(): void }[] = [];
  /** Whether a query sees what was committed until it is answered, or only what was there when it was asked. */
  late = false;

  commit(row: number): DurableEvent {
    this.rows.set(row, ++this.rev);
    const event = change(row, this.rev);
    this.committed.push(event);
    return event;
  }

  loadChanges(_roomId: string, afterRev: number, limit: number) {
    const asked = this.page(afterRev, limit);
    return new Promise<typeof asked>((resolve, reject) => {
      this.queries.push({
        answer: () => resolve(this.late ? this.page(afterRev, limit) : asked),
        fail: () => reject(new Error('the database is away')),
      });
    });
  }

  page(afterRev: number, limit: number) {
    const changed = [...this.rows].filter(([, rev]) => rev > afterRev).toSorted(([, a], [, b]) => a - b);
    const events = changed.slice(0, limit).map(([row, rev]) => change(row, rev));
    return { events, head: { rev: this.rev, seq: this.rev, membersRev: 1 }, complete: changed.length <= limit };
  }
}

/** What a reader makes of the log: the last rev of each row. */
class FakeReader {
  readonly state = new Map<number, number>();
  readonly revs: number[] = [];
  /** Violations are collected, not thrown: the log would take a throw for a failed reading. */
  readonly violations: string[] = [];
  position = 0;
  readonly #room: FakeRoom;

  constructor(room: FakeRoom) {
    this.#room = room;
  }

  apply(event: DurableEvent): void {
    if (event.rev <= this.position) this.violations.push(`${event.rev} after ${this.position}`);
    this.revs.push(event.rev);
    this.position = event.rev;
    this.state.set(rowOf(event), Math.max(event.rev, this.state.get(rowOf(event)) ?? 0));
  }

  /** A resync: fetch everything. */
  jumped(head: RoomHead): void {
    if (head.rev <= this.position) this.violations.push(`jump to ${head.rev} from ${this.position}`);
    this.position = head.rev;
    for (const [row, rev] of this.#room.rows) this.state.set(row, rev);
  }
}

const defaults: RoomLogOptions = { gapMs: 25, maxEarly: 1_000, pageSize: 50, maxReplay: 1_000 };

function open(options: Partial<RoomLogOptions> = {}) {
  const room = new FakeRoom();
  const reader = new FakeReader(room);
  const errors: unknown[] = [];
  const log = new RoomLog('room', room as unknown as RoomSource, { ...defaults, ...options }, reader, (error) => errors.push(error));
  /** Answers every query until nothing asks any more. */
  const settle = async () => {
    for (let quiet = 0; quiet < 2;) {
      await vi.advanceTimersByTimeAsync(30);
      const queries = room.queries.splice(0);
      for (const query of queries) query.answer();
      quiet = queries.length > 0 ? 0 : quiet + 1;
    }
  };
  return { room, reader, log, errors, settle };
}

describe('room log', () => {
  test('whatever comes early, late, twice or never, and whatever pages say: revs strictly increase, and the end is a fresh fetch', async () => {
    const action = fc.oneof(
      {
        weight: 4,
        arbitrary: fc.record({
          do: fc.constant('commit' as const),
          row: fc.nat(6),
          how: fc.constantFrom('now', 'now', 'later', 'never', 'large'),
        }),
      },
      { weight: 4, arbitrary: fc.record({ do: fc.constant('deliver' as const), which: fc.nat(1_000), large: fc.boolean() }) },
      { weight: 2, arbitrary: fc.record({ do: fc.constant('answer' as const), late: fc.boolean() }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant('fail' as const) }) },
      { weight: 2, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 60 }) }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant('start' as const) }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant('head' as const) }) },
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(action, { maxLength: 60 }),
        fc.record({
          maxEarly: fc.integer({ min: 1, max: 8 }),
          pageSize: fc.integer({ min: 1, max: 4 }),
          maxReplay: fc.integer({ min: 4, max: 12 }),
        }),
        async (actions, options) => {
          const { room, reader, log, settle } = open(options);
          const heads: Promise<boolean>[] = [];
          const start = () => {
            if (log.rev !== null) return;
            for (const [row, rev] of room.rows) reader.state.set(row, rev);
            log.start({ rev: room.rev, seq: room.rev });
          };
          for (const step of actions) {
            if (step.do === 'commit') {
              const event = room.commit(step.row);
              if (step.how === 'now') log.receive(event.rev, event);
              if (step.how === 'large') log.receive(event.rev, null);
            } else if (step.do === 'deliver') {
              const event = room.committed[step.which % Math.max(1, room.committed.length)];
              if (event) log.receive(event.rev, step.large ? null : event);
            } else if (step.do === 'answer') {
              room.late = step.late;
              room.queries.shift()?.answer();
            } else if (step.do === 'fail') room.queries.shift()?.fail();
            else if (step.do === 'wait') await vi.advanceTimersByTimeAsync(step.ms);
            else if (step.do === 'start') start();
            else heads.push(log.reach(room.rev));
            await vi.advanceTimersByTimeAsync(0);
          }
          start();
          heads.push(log.reach(room.rev));
          await settle();
          expect(await heads.at(-1)).toBe(true);
          expect(log.rev).toBe(room.rev);
          expect(reader.violations).toEqual([]);
          expect(Object.fromEntries(reader.state)).toEqual(Object.fromEntries(room.rows));
          log.close();
          expect(vi.getTimerCount()).toBe(0);
        },
      ),
      { numRuns: 400 },
    );
  });

  test('what comes in order needs no query', async () => {
    const { room, reader, log } = open();
    log.start({ rev: 0, seq: 0 });
    for (let i = 0; i < 100; i++) {
      const event = room.commit(i);
      log.receive(event.rev, event);
    }
    expect(reader.revs).toHaveLength(100);
    expect(room.queries).toHaveLength(0);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('what comes in another order within the gap time needs none either; a gap that stays is read', async () => {
    const { room, reader, log, settle } = open();
    log.start({ rev: 0, seq: 0 });
    const [one, two, three] = [room.commit(1), room.commit(2), room.commit(3)];
    log.receive(3, three);
    log.receive(2, two);
    await vi.advanceTimersByTimeAsync(20);
    log.receive(1, one);
    await vi.advanceTimersByTimeAsync(100);
    expect(reader.revs).toEqual([1, 2, 3]);
    expect(room.queries).toHaveLength(0);
    room.commit(4);
    const five = room.commit(5);
    log.receive(5, five);
    expect(log.rev).toBe(3);
    await settle();
    expect(reader.revs).toEqual([1, 2, 3, 4, 5]);
  });

  test('more that came early than may wait is let go, and read from the database', async () => {
    const { room, reader, log, settle } = open({ maxEarly: 10, gapMs: 60_000 });
    log.start({ rev: 0, seq: 0 });
    const events = Array.from({ length: 40 }, (_, i) => room.commit(i));
    for (const event of events.slice(1, 11)) log.receive(event.rev, event);
    expect(room.queries).toHaveLength(0);
    // The eleventh event finds no room, so the log waits no longer for the first.
    for (const event of events.slice(11)) log.receive(event.rev, event);
    expect(room.queries).toHaveLength(1);
    await settle();
    expect(reader.revs).toEqual(events.map(({ rev }) => rev));
  });

  test('an event too large to travel is read at once', async () => {
    const { room, reader, log } = open();
    log.start({ rev: 0, seq: 0 });
    room.commit(1);
    log.receive(1, null);
    expect(room.queries).toHaveLength(1);
    room.queries[0]!.answer();
    await vi.advanceTimersByTimeAsync(0);
    expect(reader.revs).toEqual([1]);
  });

  test('asked for in the turn in which a reading ends, it reads once more', async () => {
    const { room, reader, log, settle } = open();
    log.start({ rev: 0, seq: 0 });
    room.commit(1);
    // Runs right after the last look of the reading, before it counts as over.
    const reading = log.catchUp();
    const seen = reading.then(() => {});
    room.queries.shift()!.answer();
    for (let turn = 0; turn < 12; turn++) {
      await Promise.resolve();
      if (log.rev === 1 && room.rev === 1) {
        room.commit(2);
        log.receive(2, null);
      }
    }
    await seen;
    await settle();
    expect(reader.revs).toEqual([1, 2]);
  });

  test('a database that fails is reported, and asked again only when there is a reason', async () => {
    const { room, reader, log, errors, settle } = open();
    log.start({ rev: 0, seq: 0 });
    room.commit(1);
    const reached = log.reach(1);
    for (let tries = 0; tries < 3; tries++) {
      room.queries.shift()!.fail();
      await vi.advanceTimersByTimeAsync(0);
    }
    expect(await reached).toBe(false);
    expect(errors).toHaveLength(3);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(room.queries).toHaveLength(0);
    void log.reach(1);
    await settle();
    expect(reader.revs).toEqual([1]);
  });

  test('more than is replayed is a jump, not a thousand events', async () => {
    const { room, reader, log, settle } = open({ pageSize: 10, maxReplay: 20 });
    log.start({ rev: 0, seq: 0 });
    for (let row = 0; row < 500; row++) room.commit(row);
    void log.reach(500);
    await settle();
    expect(log.rev).toBe(500);
    expect(reader.revs.length).toBeLessThan(20);
    expect(reader.state.size).toBe(500);
  });

  test('closed, it takes nothing more, also from a query that was under way', async () => {
    const { room, reader, log } = open();
    log.start({ rev: 0, seq: 0 });
    const event = room.commit(1);
    void log.reach(1);
    log.close();
    room.queries[0]!.answer();
    log.receive(1, event);
    await vi.advanceTimersByTimeAsync(100);
    expect(reader.revs).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });
});
