import { DeltaReassembler, type Delta, type MessageView, type ReplyStatus, type RoomEvent, type Snapshot } from '@parley/contracts';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { ChunkBuffers } from './chunk-buffers.js';
import { ReplyFeed, type ReplyFeedOptions } from './reply-feed.js';
import type { ActiveReply } from '@parley/core/sync/admit-reader';
import type { RoomWire } from './room-source.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const options = { windowMs: 20, holeMs: 150, snapshotTimeoutMs: 200 };
const delta = (offset: number, text: string, attempt = 1, messageId = 'm'): Delta => ({ messageId, attempt, offset, text });
const reply = (status: ReplyStatus, attempt = 1, id = 'm') =>
  ({ kind: 'reply', id, status, attempt, deletedAt: null }) as unknown as MessageView;

/**
 * Opens a feed whose worker answers with what `worker` returns, after 10 ms. Null means that no worker is there: the request then takes all
 * its time limit.
 */
function open(worker: (asked: ActiveReply) => Snapshot | null = () => null, more: Partial<ReplyFeedOptions> = {}) {
  const asked: ActiveReply[] = [];
  const delays: number[] = [];
  const requestSnapshot = async (which: ActiveReply, timeoutMs: number) => {
    asked.push(which);
    const answer = worker(which);
    await new Promise((resolve) => setTimeout(resolve, answer ? 10 : timeoutMs));
    return answer;
  };
  const wire = { requestSnapshot } as unknown as RoomWire;
  const fail = (error: unknown) => {
    throw error;
  };
  return { asked, delays, feed: new ReplyFeed(wire, { ...options, ...more }, (delayMs) => delays.push(delayMs), fail) };
}

/** The text of a reply, as a reader puts it together from the events. */
function textOf(events: RoomEvent[], messageId = 'm'): string {
  const reader = new DeltaReassembler();
  for (const event of events) {
    if (event.type === 'delta') reader.applyDelta(event);
    if (event.type === 'snapshot') reader.applySnapshot(event);
  }
  return reader.get(messageId)?.text ?? '';
}

describe('reply feed', () => {
  test('the first text of an attempt goes at once, what follows is joined within the window', () => {
    const { feed, delays } = open();
    feed.receive(delta(0, 'a'));
    expect(delays).toEqual([0]);
    expect(feed.takeEvents()).toEqual([{ type: 'delta', ...delta(0, 'a') }]);
    feed.receive(delta(1, 'b'));
    feed.receive(delta(2, 'c'));
    expect(delays).toEqual([0, 20, 20]);
    expect(feed.takeEvents()).toEqual([{ type: 'delta', ...delta(1, 'bc') }]);
    expect(feed.takeEvents()).toEqual([]);
    feed.receive(delta(0, 'x', 2));
    expect(delays.at(-1)).toBe(0);
    expect(feed.takeEvents()).toEqual([{ type: 'delta', ...delta(0, 'x', 2) }]);
  });

  test('what comes twice is sent once, and nothing of an attempt that is over', () => {
    const { feed, delays } = open();
    feed.apply(reply('streaming'));
    for (const each of [delta(0, 'ab'), delta(0, 'ab'), delta(1, 'bc'), delta(1, 'b')]) feed.receive(each);
    expect(feed.takeEvents()).toEqual([{ type: 'delta', ...delta(0, 'abc') }]);
    feed.apply(reply('complete'));
    const before = delays.length;
    feed.receive(delta(3, 'late'));
    expect(delays.length).toBe(before);
    expect(feed.takeEvents()).toEqual([]);
    expect(feed.snapshots()).toEqual([]);
  });

  test('text that came before the end is still there to be sent before it; applied, it is gone', () => {
    const { feed } = open();
    feed.apply(reply('streaming'));
    feed.receive(delta(0, 'ab'));
    expect(textOf(feed.takeEvents())).toBe('ab');
    feed.receive(delta(2, 'cd'));
    feed.apply(reply('stopped'));
    expect(feed.takeEvents()).toEqual([]);
  });

  test('a hole that stays is filled by the worker’s snapshot, asked for once', async () => {
    const { feed, asked } = open(({ messageId, attempt }) => ({ messageId, attempt, text: 'abcdef' }));
    feed.apply(reply('streaming'));
    feed.receive(delta(0, 'ab'));
    const events = feed.takeEvents();
    feed.receive(delta(4, 'ef'));
    feed.receive(delta(6, 'gh'));
    await vi.advanceTimersByTimeAsync(140);
    expect(asked).toEqual([]);
    await vi.advanceTimersByTimeAsync(30);
    expect(asked).toEqual([{ messageId: 'm', attempt: 1 }]);
    events.push(...feed.takeEvents());
    expect(textOf(events)).toBe('abcdefgh');
  });

  test('a hole is asked about again while nobody answers, ever less often, and no more once it is closed', async () => {
    let answers = false;
    const { feed, asked } = open(({ messageId, attempt }) => (answers ? { messageId, attempt, text: 'abcdef' } : null));
    feed.receive(delta(0, 'ab'));
    feed.receive(delta(4, 'ef'));
    await vi.advanceTimersByTimeAsync(60_000);
    expect(asked.length).toBeGreaterThan(10);
    expect(asked.length).toBeLessThan(25);
    answers = true;
    await vi.advanceTimersByTimeAsync(6_000);
    expect(textOf(feed.takeEvents())).toBe('abcdef');
    const { length } = asked;
    await vi.advanceTimersByTimeAsync(60_000);
    expect(asked.length).toBe(length);
    feed.receive(delta(8, 'ij'));
    await vi.advanceTimersByTimeAsync(160);
    expect(asked.length).toBe(length + 1);
    feed.close();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(asked.length).toBe(length + 1);
  });

  test('a hole that closes by itself bothers nobody', async () => {
    const { feed, asked } = open();
    feed.receive(delta(2, 'cd'));
    await vi.advanceTimersByTimeAsync(100);
    feed.receive(delta(0, 'ab'));
    expect(textOf(feed.takeEvents())).toBe('abcd');
    await vi.advanceTimersByTimeAsync(1_000);
    expect(asked).toEqual([]);
  });

  test('opening asks the workers of replies that were claimed, and waits no longer than they may take', async () => {
    const { feed, asked } = open(({ messageId, attempt }) => (messageId === 'known' ? { messageId, attempt, text: 'so far' } : null));
    const active = [
      { messageId: 'known', attempt: 2 },
      { messageId: 'silent', attempt: 1 },
      { messageId: 'queued', attempt: 0 },
    ];
    let opened = false;
    void feed.open(active).then(() => (opened = true));
    await vi.advanceTimersByTimeAsync(199);
    expect(opened).toBe(false);
    await vi.advanceTimersByTimeAsync(2);
    expect(opened).toBe(true);
    expect(asked.map(({ messageId }) => messageId)).toEqual(['known', 'silent']);
    expect(feed.snapshots()).toEqual([
      { messageId: 'known', attempt: 2, text: 'so far' },
      { messageId: 'silent', attempt: 1, text: '' },
      { messageId: 'queued', attempt: 0, text: '' },
    ]);
  });

  test('a late answer never takes text back', async () => {
    const { feed } = open(({ messageId, attempt }) => ({ messageId, attempt, text: 'ab' }));
    void feed.open([{ messageId: 'm', attempt: 1 }]);
    feed.receive(delta(0, 'abcd'));
    await vi.advanceTimersByTimeAsync(50);
    expect(feed.snapshots()).toEqual([{ messageId: 'm', attempt: 1, text: 'abcd' }]);
  });

  test('told anew which replies are in progress, it forgets the others and asks for those it had not heard of', async () => {
    const { feed, asked } = open(({ messageId, attempt }) => ({ messageId, attempt, text: 'new text' }));
    feed.apply(reply('streaming', 1, 'over'));
    feed.apply(reply('streaming', 1, 'same'));
    feed.receive(delta(0, 'x', 1, 'over'));
    feed.receive(delta(0, 'y', 1, 'same'));
    feed.takeEvents();
    feed.replaceActive([
      { messageId: 'same', attempt: 1 },
      { messageId: 'new', attempt: 3 },
    ]);
    await vi.advanceTimersByTimeAsync(50);
    expect(asked).toEqual([{ messageId: 'new', attempt: 3 }]);
    expect(feed.snapshots()).toEqual([
      { messageId: 'same', attempt: 1, text: 'y' },
      { messageId: 'new', attempt: 3, text: 'new text' },
    ]);
  });

  test('whatever order pieces come in, however often, with flushes between: readers and newcomers have the text', async () => {
    const text = 'The harbour is at the end of the street. 🛥';
    const pieces = fc.array(
      fc.record({ at: fc.nat(text.length), length: fc.integer({ min: 1, max: 9 }), flush: fc.boolean(), newcomer: fc.boolean() }),
      { maxLength: 40 },
    );
    await fc.assert(
      fc.asyncProperty(pieces, fc.integer({ min: 1, max: 7 }), async (noise, step) => {
        const { feed } = open(({ messageId, attempt }) => ({ messageId, attempt, text }));
        feed.apply(reply('streaming'));
        const events: RoomEvent[] = [];
        let newcomer: RoomEvent[] | null = null;
        const flush = () => {
          const taken = feed.takeEvents();
          events.push(...taken);
          newcomer?.push(...taken);
        };
        for (const { at, length, flush: flushes, newcomer: joins } of noise) {
          feed.receive(delta(at, text.slice(at, at + length)));
          if (flushes) flush();
          if (joins && !newcomer) newcomer = feed.snapshots().map((snapshot) => ({ type: 'snapshot', ...snapshot }));
        }
        for (let at = 0; at < text.length; at += step) feed.receive(delta(at, text.slice(at, at + step)));
        flush();
        await vi.advanceTimersByTimeAsync(500);
        flush();
        expect(textOf(events)).toBe(text);
        if (newcomer) expect(textOf(newcomer)).toBe(text);
      }),
    );
  });
});

describe('pieces that wait for a missing one', () => {
  const limits = { maxBuffers: 10, maxAgeMs: 60_000, cleanupMs: 10_000 };
  /** A worker whose answers have this text. */
  const whole =
    (text: string) =>
    ({ messageId, attempt }: ActiveReply): Snapshot => ({ messageId, attempt, text });

  test('wait of so many texts at once; the text of another is asked for, and none is skipped', async () => {
    const buffers = new ChunkBuffers({ ...limits, maxBuffers: 2 });
    const texts: Record<string, string> = { a: 'one two', b: 'one two', c: 'one two three' };
    const { feed, asked } = open((which) => whole(texts[which.messageId]!)(which), { buffers });
    for (const id of ['a', 'b', 'c']) {
      feed.receive(delta(0, 'one', 1, id));
      feed.receive(delta(4, 'two', 1, id));
    }
    expect(buffers.count).toBe(2);
    // What was not kept is asked for like what was: at once when the time for a missing piece is over.
    await vi.advanceTimersByTimeAsync(149);
    expect(asked).toEqual([]);
    // The missing piece of the first comes late, and needs no question.
    feed.receive(delta(3, ' ', 1, 'a'));
    expect(buffers.count).toBe(1);
    await vi.advanceTimersByTimeAsync(20);
    expect(asked.map(({ messageId }) => messageId).toSorted()).toEqual(['b', 'c']);
    const events = feed.takeEvents();
    expect(['a', 'b', 'c'].map((id) => textOf(events, id))).toEqual(['one two', 'one two', 'one two three']);
    expect(buffers.count).toBe(0);
    buffers.close();
  });

  test('are so many of one text', async () => {
    const worker = () => whole('0123');
    const waiting = (maxChunks: number) => {
      const { feed } = open(worker(), { maxChunks });
      for (const offset of [3, 2, 1]) feed.receive(delta(offset, String(offset)));
      // The beginning comes last. Of pieces that were not kept the text has a hole.
      feed.receive(delta(0, '0'));
      return textOf(feed.takeEvents());
    };
    expect([waiting(3), waiting(2), waiting(1)]).toEqual(['0123', '0', '0']);
  });

  test('are dropped when they are old, at the next look; the text still comes whole', async () => {
    const buffers = new ChunkBuffers({ ...limits, maxAgeMs: 1_000, cleanupMs: 400 });
    let there = false;
    const { feed, asked } = open((which) => (there ? whole('one two three')(which) : null), { buffers });
    feed.receive(delta(0, 'one'));
    feed.receive(delta(4, 'two'));
    await vi.advanceTimersByTimeAsync(1_199);
    expect(buffers.count).toBe(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(buffers.count).toBe(0);
    // The old piece is gone: the missing one alone does not bring it back.
    feed.receive(delta(3, ' '));
    const events = feed.takeEvents();
    expect(textOf(events)).toBe('one ');
    const before = asked.length;
    there = true;
    await vi.advanceTimersByTimeAsync(10_000);
    expect(asked.length).toBeGreaterThan(before);
    expect(textOf([...events, ...feed.takeEvents()])).toBe('one two three');
    buffers.close();
  });

  test('hold no place once their text has ended, was begun again, or nobody reads it', () => {
    const buffers = new ChunkBuffers(limits);
    const { feed } = open(() => null, { buffers });
    const hole = (attempt: number, id: string) => feed.receive(delta(5, 'x', attempt, id));
    hole(1, 'ended');
    feed.apply(reply('complete', 1, 'ended'));
    expect(buffers.count).toBe(0);
    // A late piece of it holds none either.
    hole(1, 'ended');
    expect(buffers.count).toBe(0);
    hole(1, 'again');
    feed.apply(reply('streaming', 2, 'again'));
    expect(buffers.count).toBe(0);
    hole(1, 'left');
    expect(buffers.count).toBe(1);
    feed.close();
    expect(buffers.count).toBe(0);
    buffers.close();
  });
});
