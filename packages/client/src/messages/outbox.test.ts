import { maxMessageBytes } from '@parley/contracts';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Sent } from '../calls.js';
import { networkError, serverError } from '../testing/call-errors.js';
import { message } from '../testing/views.js';
import { Outbox } from './outbox.js';

interface Attempt {
  clientId: string;
  content: string;
  answer(sent?: Partial<Sent>): void;
  fail(error: Error): void;
}

function setUp() {
  const attempts: Attempt[] = [];
  let connect: () => void = () => {};
  let connected = Promise.resolve();
  const outbox = new Outbox({
    connected: () => connected,
    send: ({ clientId, content }) =>
      new Promise((resolve, reject) => {
        attempts.push({
          clientId,
          content,
          answer: (sent) => resolve({ message: message(1, 1, { clientId, content }), replies: [], privateReply: null, ...sent } as Sent),
          fail: reject,
        });
      }),
    backoff: { random: () => 0.999 },
  });
  const acknowledged: Sent[] = [];
  outbox.subscribe((sent) => sent && acknowledged.push(sent));
  return {
    outbox,
    attempts,
    acknowledged,
    disconnect() {
      connected = new Promise((resolve) => {
        connect = resolve;
      });
    },
    connect: () => connect(),
    flush: () => vi.advanceTimersByTimeAsync(0),
  };
}

describe('an outbox', () => {
  beforeEach(() => vi.useFakeTimers());
  afterEach(() => vi.useRealTimers());

  it('shows a message at once and lets it go with the acknowledgement', async () => {
    const { outbox, attempts, acknowledged, flush } = setUp();
    const clientId = outbox.add('hello', null);
    expect(outbox.pending).toMatchObject([{ clientId, content: 'hello', state: 'sending', error: null }]);
    await flush();
    attempts[0]!.answer();
    await flush();
    expect(outbox.pending).toEqual([]);
    expect(acknowledged).toMatchObject([{ message: { clientId } }]);
  });

  it('sends one at a time, in the order written', async () => {
    const { outbox, attempts, flush } = setUp();
    for (const content of ['one', 'two', 'three']) outbox.add(content, null);
    await flush();
    expect(attempts.map(({ content }) => content)).toEqual(['one']);
    attempts[0]!.answer();
    await flush();
    attempts[1]!.answer();
    await flush();
    expect(attempts.map(({ content }) => content)).toEqual(['one', 'two', 'three']);
  });

  it('tries again under the same clientId when the connection is lost, and keeps the order', async () => {
    const { outbox, attempts, flush } = setUp();
    const first = outbox.add('one', null);
    outbox.add('two', null);
    await flush();
    attempts[0]!.fail(networkError());
    await vi.advanceTimersByTimeAsync(300);
    attempts[1]!.fail(serverError('UNAVAILABLE'));
    await vi.advanceTimersByTimeAsync(600);
    expect(attempts.map(({ clientId, content }) => `${clientId} ${content}`)).toEqual(Array(3).fill(`${first} one`));
    expect(outbox.pending.map(({ state }) => state)).toEqual(['sending', 'sending']);
    attempts[2]!.answer();
    await flush();
    expect(attempts[3]).toMatchObject({ content: 'two' });
  });

  it('waits for a connection rather than try without one', async () => {
    const { outbox, attempts, flush, disconnect, connect } = setUp();
    disconnect();
    outbox.add('one', null);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(attempts).toEqual([]);
    connect();
    await flush();
    expect(attempts).toHaveLength(1);
  });

  it('lets a message go when it is seen in the room, though the answer never comes', async () => {
    const { outbox, attempts, acknowledged, flush } = setUp();
    const clientId = outbox.add('one', null);
    outbox.add('two', null);
    await flush();
    outbox.confirm([message(1, 1, { clientId })], 'anna');
    expect(outbox.pending.map(({ content }) => content)).toEqual(['two']);
    await flush();
    expect(attempts.map(({ content }) => content)).toEqual(['one', 'two']);
    attempts[0]!.fail(networkError());
    await vi.advanceTimersByTimeAsync(10_000);
    expect(attempts).toHaveLength(2);
    expect(acknowledged).toEqual([]);
  });

  it('is not taken in by someone else’s message with the same clientId', async () => {
    const { outbox, flush } = setUp();
    const clientId = outbox.add('one', null);
    await flush();
    outbox.confirm([message(1, 1, { clientId })], 'bert');
    expect(outbox.pending).toHaveLength(1);
  });

  it('shows why a message was refused, and goes on with the next', async () => {
    const { outbox, attempts, flush } = setUp();
    outbox.add('/sumary', null);
    outbox.add('two', null);
    await flush();
    attempts[0]!.fail(serverError('UNKNOWN_COMMAND'));
    await flush();
    expect(outbox.pending).toMatchObject([
      { state: 'failed', error: { code: 'UNKNOWN_COMMAND', message: expect.stringContaining('no such command') } },
      { state: 'sending' },
    ]);
    expect(attempts[1]).toMatchObject({ content: 'two' });
  });

  it('sends a failed message again when asked, under its clientId', async () => {
    const { outbox, attempts, flush } = setUp();
    const clientId = outbox.add('one', null);
    await flush();
    attempts[0]!.fail(serverError('ROOM_ARCHIVED'));
    await flush();
    outbox.retry(clientId);
    expect(outbox.pending).toMatchObject([{ state: 'sending', error: null }]);
    await flush();
    expect(attempts[1]!.clientId).toBe(clientId);
  });

  it('waits as long as a limit says', async () => {
    const { outbox, attempts, flush } = setUp();
    outbox.add('one', null);
    await flush();
    attempts[0]!.fail(serverError('RATE_LIMITED', { retryAfterMs: 4_000 }));
    await vi.advanceTimersByTimeAsync(3_999);
    expect(attempts).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(attempts).toHaveLength(2);
  });

  it('tells of a limit that lasts longer than anyone waits', async () => {
    const { outbox, attempts, flush } = setUp();
    outbox.add('one', null);
    await flush();
    attempts[0]!.fail(serverError('RATE_LIMITED', { retryAfterMs: 3_600_000 }));
    await flush();
    expect(outbox.pending).toMatchObject([{ state: 'failed', error: { code: 'RATE_LIMITED' } }]);
  });

  it('gives up on a server error after three tries', async () => {
    const { outbox, attempts } = setUp();
    outbox.add('one', null);
    for (let attempt = 0; attempt < 3; attempt++) {
      await vi.advanceTimersByTimeAsync(10_000);
      attempts[attempt]!.fail(serverError('INTERNAL'));
    }
    await vi.advanceTimersByTimeAsync(60_000);
    expect(attempts).toHaveLength(3);
    expect(outbox.pending).toMatchObject([{ state: 'failed', error: { code: 'INTERNAL' } }]);
  });

  it.each([
    ['MESSAGE_EMPTY', ' \n'],
    ['MESSAGE_EMPTY', '> #'],
    ['MESSAGE_TOO_LARGE', 'é'.repeat(maxMessageBytes / 2 + 1)],
  ])('does not send what the server would refuse: %s', async (code, content) => {
    const { outbox, attempts, flush } = setUp();
    const clientId = outbox.add(content, null);
    expect(outbox.pending).toMatchObject([{ state: 'failed', error: { code } }]);
    outbox.retry(clientId);
    await flush();
    expect(attempts).toEqual([]);
  });

  it('drops a message on its way when it is discarded', async () => {
    const { outbox, attempts, flush } = setUp();
    outbox.discard(outbox.add('one', null));
    outbox.add('two', null);
    expect(outbox.pending.map(({ content }) => content)).toEqual(['two']);
    await flush();
    expect(attempts.map(({ content }) => content)).toEqual(['two']);
  });

  it('holds so many messages and no more, and takes the next when one has gone', async () => {
    const sent: string[] = [];
    let answer: (sent: Sent) => void = () => {};
    const outbox = new Outbox({
      connected: () => Promise.resolve(),
      maxPending: 3,
      send: ({ content }) => {
        sent.push(content);
        return new Promise((resolve) => (answer = resolve));
      },
    });
    for (const content of ['one', 'two', 'three']) outbox.add(content, null);
    expect(() => outbox.add('four', null)).toThrow(expect.objectContaining({ data: expect.objectContaining({ appCode: 'RATE_LIMITED' }) }));
    expect(outbox.pending.map(({ content }) => content)).toEqual(['one', 'two', 'three']);
    await vi.advanceTimersByTimeAsync(0);
    answer({ message: null, replies: [], privateReply: null } as unknown as Sent);
    await vi.advanceTimersByTimeAsync(0);
    outbox.add('four', null);
    expect(outbox.pending.map(({ content }) => content)).toEqual(['two', 'three', 'four']);
    outbox.close();
  });

  it('keeps no timer after closing', async () => {
    const { outbox, attempts, flush } = setUp();
    outbox.add('one', null);
    await flush();
    attempts[0]!.fail(networkError());
    await flush();
    outbox.close();
    expect(vi.getTimerCount()).toBe(0);
    await flush();
    expect(attempts).toHaveLength(1);
  });
});
