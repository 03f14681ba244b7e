import type { BusSubscription } from '@parley/bus';
import { createMemoryBus } from '@parley/bus/memory';
import { AppError, channels, type FanOutChannel } from '@parley/contracts';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ModelError } from '../models/model-errors.js';
import { keepLease } from './keep-lease.js';
import { persistWrite } from './persist-write.js';
import { QuietLog } from '@parley/core/quiet-log';
import { listenForReply } from '@parley/core/replies/reply-listener';
import { streamModel } from './stream-model.js';
import { finish, gate, never, ScriptedModel } from './worker.fixture.js';

const away = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });

beforeEach(() => {
  // Nothing here waits for an immediate, but sockets of earlier files in this process may ask for some, and timers are counted.
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

describe('keepLease', () => {
  it('goes on asking while the database is away, and stops when the lease is lost', async () => {
    const answers = [
      () => Promise.reject(away),
      () => Promise.reject(away),
      () => Promise.resolve({ fenced: false, stopRequestedBy: 'bo' }),
      () => Promise.resolve({ fenced: true, stopRequestedBy: null }),
    ];
    const seen: string[] = [];
    keepLease({
      renew: () => answers.shift()!(),
      intervalMs: 100,
      onFenced: () => seen.push('fenced'),
      onStopRequested: (userId) => seen.push(`stop by ${userId}`),
      onError: () => seen.push('error'),
    });
    await vi.advanceTimersByTimeAsync(10_000);
    expect(seen).toEqual(['error', 'error', 'stop by bo', 'fenced']);
  });

  it('says nothing once stopped, whatever answer comes late', async () => {
    const answer = lateAnswer();
    const called = vi.fn();
    const lease = keepLease({ renew: () => answer.promise, intervalMs: 100, onFenced: called, onStopRequested: called, onError: called });
    await vi.advanceTimersByTimeAsync(100);
    lease.stop();
    answer.resolve({ fenced: true, stopRequestedBy: null });
    await vi.advanceTimersByTimeAsync(1000);
    expect(called).not.toHaveBeenCalled();
  });
});

describe('keepLease, told to ask at once', () => {
  it('asks at once, or again after the question under way, and goes on by its interval', async () => {
    const asked: (() => void)[] = [];
    const lease = keepLease({
      renew: () => new Promise((resolve) => asked.push(() => resolve({ fenced: false, stopRequestedBy: null }))),
      intervalMs: 100,
      onFenced: () => {},
      onStopRequested: () => {},
      onError: () => {},
    });
    lease.renewNow();
    expect(asked).toHaveLength(1);
    // A stop that was ordered since may have come too late for the renewal under way.
    lease.renewNow();
    expect(asked).toHaveLength(1);
    asked[0]!();
    await vi.advanceTimersByTimeAsync(0);
    expect(asked).toHaveLength(2);
    asked[1]!();
    await vi.advanceTimersByTimeAsync(99);
    expect(asked).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(1);
    expect(asked).toHaveLength(3);
    lease.stop();
    lease.renewNow();
    expect(asked).toHaveLength(3);
    expect(vi.getTimerCount()).toBe(0);
  });
});

function lateAnswer() {
  let resolve: (value: { fenced: boolean; stopRequestedBy: null }) => void = () => {};
  const promise = new Promise<{ fenced: boolean; stopRequestedBy: null }>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

describe('persistWrite', () => {
  it('tries again while the database is away, and gives what it wrote', async () => {
    let failures = 5;
    const written = persistWrite(() => (failures-- > 0 ? Promise.reject(away) : Promise.resolve('row')), {
      limitMs: 60_000,
      onError: () => {},
    });
    await vi.runAllTimersAsync();
    expect(await written).toBe('row');
  });

  it('gives up at its limit, at its signal, and on what waiting does not help against', async () => {
    const attempts = vi.fn(() => Promise.reject(away));
    const limited = persistWrite(attempts, { limitMs: 10_000, onError: () => {} }).catch((error: unknown) => error);
    await vi.runAllTimersAsync();
    expect(await limited).toBe(away);
    expect(attempts.mock.calls.length).toBeGreaterThan(4);

    const signal = AbortSignal.abort();
    await expect(persistWrite(() => Promise.reject(away), { limitMs: 10_000, signal, onError: () => {} })).rejects.toBe(away);

    const mistake = new Error('syntax error');
    const mistaken = vi.fn(() => Promise.reject(mistake));
    const refused = persistWrite(mistaken, { limitMs: 1_000_000, onError: () => {} }).catch((error: unknown) => error);
    await vi.runAllTimersAsync();
    expect(await refused).toBe(mistake);
    expect(mistaken).toHaveBeenCalledTimes(4);
  });
});

describe('QuietLog', () => {
  it('says a thing that repeats once per interval, with how often it happened', () => {
    const warn = vi.fn();
    const log = new QuietLog({ info() {}, warn, error() {} }, 1000);
    for (let i = 0; i < 500; i++) log.warn('away', away);
    log.warn('other', away);
    expect(warn.mock.calls.map((call) => call[1])).toEqual(['away', 'other']);
    vi.advanceTimersByTime(1000);
    log.warn('away', away);
    expect(warn).toHaveBeenLastCalledWith({ err: away, repeats: 499 }, 'away');
  });
});

describe('streamModel', () => {
  const limits = { firstTokenMs: 1000, betweenTokensMs: 1000, answerMs: 60_000 };

  it('gives up a model that does not even open its stream, and cancels the stream that comes late', async () => {
    const opened = gate();
    const model = new ScriptedModel(async function* () {
      yield finish;
    });
    const doStream = model.doStream.bind(model);
    model.doStream = async (options) => {
      await opened.opened;
      return doStream(options);
    };
    const ended = streamModel({ model, call: { prompt: [] }, limits, signal: new AbortController().signal, onText: () => true }).catch(
      (error: unknown) => error,
    );
    await vi.advanceTimersByTimeAsync(1000);
    expect(await ended).toMatchObject({
      code: 'MODEL_TIMEOUT',
      message: 'The model did not begin to answer within a second. Try again, or choose another model.',
    });
    opened.open();
    await vi.advanceTimersByTimeAsync(0);
    expect(model.calls).toHaveLength(1);
    expect(model.open).toBe(0);
  });

  it.each([
    ['arguments', { type: 'tool-input-delta', id: 'c', delta: 'x'.repeat(10_000) }],
    ['calls', { type: 'tool-call', toolCallId: 'c', toolName: 'search_room', input: '{}' }],
  ] as const)('gives up a model that writes %s of tools without an end', async (_, part) => {
    let given = 0;
    const model = new ScriptedModel(async function* () {
      for (; given < 20_000; given++) yield part;
      yield finish;
    });
    const call = { model, call: { prompt: [] }, limits, signal: new AbortController().signal, onText: () => true };
    await expect(streamModel(call)).rejects.toMatchObject({ code: 'MODEL_CUT', retryable: false });
    expect(given).toBeLessThan(6_000);
    expect(model.open).toBe(0);
  });

  it('reads a long text in parts, with turns for others between them, and loses no sign of it', async () => {
    const whole = 'a👍🏽é'.repeat(20_000);
    const model = new ScriptedModel(async function* () {
      yield whole;
      yield finish;
    });
    const parts: string[] = [];
    const onText = (text: string): boolean => parts.push(text) > 0;
    await streamModel({ model, call: { prompt: [] }, limits, signal: new AbortController().signal, habit: null, onText });
    expect(parts.join('')).toBe(whole);
    expect(Math.max(...parts.map(({ length }) => length))).toBeLessThanOrEqual(8_192);
  });

  it('ends with the model’s word that it has finished, though its connection stays open', async () => {
    const model = new ScriptedModel(async function* () {
      yield 'All of it.';
      yield finish;
      await never;
    });
    const said: string[] = [];
    const ended = streamModel({
      model,
      call: { prompt: [] },
      limits,
      signal: new AbortController().signal,
      onText: (chunk) => said.push(chunk) > 0,
    }).catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(1000);
    expect(await ended).toEqual({ usage: { inputTokens: 11, outputTokens: 7 }, reason: 'stop', calls: [] });
    expect(said).toEqual(['All of it.']);
    expect(model.open).toBe(0);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('takes thinking for a sign of life, and anything beyond the limit without one for silence', async () => {
    const model = new ScriptedModel(async function* () {
      for (let i = 0; i < 5; i++) {
        await new Promise((resolve) => setTimeout(resolve, 900));
        yield { type: 'reasoning-delta', id: 'r', delta: 'hm' };
      }
      await never;
    });
    let ended: unknown = null;
    const running = streamModel({ model, call: { prompt: [] }, limits, signal: new AbortController().signal, onText: () => true }).catch(
      (error: unknown) => {
        ended = error;
      },
    );
    await vi.advanceTimersByTimeAsync(5 * 900 + 999);
    expect(ended).toBeNull();
    await vi.advanceTimersByTimeAsync(1);
    await running;
    expect(ended).toBeInstanceOf(ModelError);
    expect(model.open).toBe(0);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('ends an answer that goes on and on, in thought or in text, and does not ask for it again', async () => {
    for (const type of ['reasoning-delta', 'text-delta'] as const) {
      const model = new ScriptedModel(async function* () {
        for (;;) {
          await new Promise((resolve) => setTimeout(resolve, 900));
          yield { type, id: 'r', delta: 'hm' };
        }
      });
      let ended: unknown = null;
      const running = streamModel({ model, call: { prompt: [] }, limits, signal: new AbortController().signal, onText: () => true }).catch(
        (error: unknown) => {
          ended = error;
        },
      );
      await vi.advanceTimersByTimeAsync(59_999);
      expect(ended).toBeNull();
      await vi.advanceTimersByTimeAsync(1);
      await running;
      expect(ended).toMatchObject({
        code: 'MODEL_TIMEOUT',
        retryable: false,
        message: 'The model did not come to an end within 60 seconds. Ask for less, or choose another model.',
      });
      expect(model.open).toBe(0);
      await vi.advanceTimersByTimeAsync(900);
      expect(vi.getTimerCount()).toBe(0);
    }
  });
});

describe('listenForReply', () => {
  it('subscribes again where the bus was away, and hears only stops of its own attempt', async () => {
    const bus = createMemoryBus({ env: 'test', onError: () => {} });
    const messageId = '019a0000-0000-7000-8000-00000000000a';
    let refusals = 2;
    const flaky = {
      ...bus,
      subscribe: <Payload>(channel: FanOutChannel<Payload>, handler: (payload: Payload) => void): Promise<BusSubscription> =>
        refusals-- > 0 ? Promise.reject(new AppError('UNAVAILABLE')) : bus.subscribe(channel, handler),
    };
    const onStop = vi.fn();
    const onError = vi.fn();
    const listener = listenForReply({ bus: flaky, messageId, attempt: 2, text: () => 'text', onStop, onError });
    await vi.advanceTimersByTimeAsync(2000);
    expect(onError).toHaveBeenCalledTimes(2);
    bus.publish(channels.replyStop(messageId), { attempt: 1, stoppedBy: 'bo' });
    bus.publish(channels.replyStop(messageId), { attempt: 2, stoppedBy: 'mia' });
    await vi.advanceTimersByTimeAsync(0);
    expect(onStop.mock.calls).toEqual([['mia']]);
    listener.close();
    bus.publish(channels.replyStop(messageId), { attempt: 2, stoppedBy: 'cy' });
    await vi.advanceTimersByTimeAsync(0);
    expect(onStop).toHaveBeenCalledTimes(1);
    await bus.close();
  });
});
