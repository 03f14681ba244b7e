import type { EphemeralEvent, MessageView } from '@parley/contracts';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { durableOut, EphemeralIds } from './out-event.js';
import { RoomOutput } from './room-output.js';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

const durable = (rev: number) => durableOut({ type: 'message', rev, message: {} as MessageView });
const typing: EphemeralEvent = { type: 'typing', userIds: [] };
const delta: EphemeralEvent = { type: 'delta', messageId: 'm', attempt: 1, offset: 0, text: 'a' };

function open() {
  const batches: string[][] = [];
  let texts: EphemeralEvent[] = [];
  const output = new RoomOutput({
    ids: new EphemeralIds('boot'),
    takeTexts: () => texts.splice(0),
    deliver: ({ events }) => batches.push(events.map(({ id, event }) => `${event.type} ${id}`)),
  });
  output.startAt(4);
  return { output, batches, grow: (...events: EphemeralEvent[]) => (texts = events) };
}

describe('what a room’s readers are sent', () => {
  test('leaves in order and as one batch, with all that one turn brought', async () => {
    const { output, batches } = open();
    output.pushDurable(durable(5));
    output.pushEphemeral(typing);
    output.pushDurable(durable(6));
    expect(batches).toEqual([]);
    await vi.runAllTimersAsync();
    expect(batches).toEqual([['message 5', 'typing 5:boot:0', 'message 6']]);
  });

  test('is ephemeral under the last durable rev sent before it, queued or gone', async () => {
    const { output, batches } = open();
    output.pushEphemeral(typing);
    output.pushDurable(durable(5));
    output.pushEphemeral(typing);
    expect(output.flushedRev).toBe(4);
    await vi.runAllTimersAsync();
    expect(output.flushedRev).toBe(5);
    output.pushEphemeral(typing);
    output.flush();
    expect(batches).toEqual([['typing 4:boot:0', 'message 5', 'typing 5:boot:1'], ['typing 5:boot:2']]);
  });

  test('has text that grew before what is pushed after it', async () => {
    const { output, batches, grow } = open();
    grow(delta);
    output.collectTexts();
    output.pushDurable(durable(5));
    await vi.runAllTimersAsync();
    expect(batches).toEqual([['delta 4:boot:0', 'message 5']]);
  });

  test('waits for a window, unless something comes that is to leave at once', async () => {
    const { output, batches, grow } = open();
    grow(delta);
    output.schedule(20);
    await vi.advanceTimersByTimeAsync(19);
    expect(batches).toEqual([]);
    output.pushDurable(durable(5));
    await vi.advanceTimersByTimeAsync(0);
    expect(batches).toEqual([['message 5', 'delta 5:boot:0']]);
    await vi.runAllTimersAsync();
    expect(batches).toHaveLength(1);
  });

  test('is nothing more, on no timer, once it is closed', async () => {
    const { output, batches, grow } = open();
    grow(delta);
    output.schedule(20);
    output.close();
    output.schedule(0);
    expect(vi.getTimerCount()).toBe(0);
    await vi.runAllTimersAsync();
    expect(batches).toEqual([]);
  });
});
