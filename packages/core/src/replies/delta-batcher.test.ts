import { DeltaReassembler, channels, type FanOutChannel, type RoomDeltasPayload } from '@parley/contracts';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DeltaBatcher } from './delta-batcher.js';

const roomId = '019a0000-0000-7000-8000-000000000001';
const room = channels.roomDeltas(roomId);
const [first, second] = ['019a0000-0000-7000-8000-00000000000a', '019a0000-0000-7000-8000-00000000000b'];

function recordingBus(maxPayloadBytes = 1_000_000) {
  const published: RoomDeltasPayload[] = [];
  return {
    published,
    maxPayloadBytes,
    publish<Payload>(channel: FanOutChannel<Payload>, payload: Payload) {
      expect(channel.subject).toBe(room.subject);
      const text = JSON.stringify(payload);
      expect(Buffer.byteLength(text)).toBeLessThanOrEqual(maxPayloadBytes);
      published.push(JSON.parse(text) as RoomDeltasPayload);
    },
  };
}

describe('DeltaBatcher', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('publishes the first piece at once, and joins what follows in windows', () => {
    const bus = recordingBus();
    const channel = new DeltaBatcher(bus, { windowMs: 25 }).open({ channel: room, messageId: first, attempt: 1 });
    channel.push({ offset: 0, text: 'a' });
    expect(bus.published).toEqual([{ deltas: [{ messageId: first, attempt: 1, offset: 0, text: 'a' }] }]);
    channel.push({ offset: 1, text: 'b' });
    channel.push({ offset: 2, text: 'c' });
    vi.advanceTimersByTime(24);
    expect(bus.published).toHaveLength(1);
    vi.advanceTimersByTime(1);
    expect(bus.published[1]).toEqual({ deltas: [{ messageId: first, attempt: 1, offset: 1, text: 'bc' }] });
    channel.push({ offset: 3, text: '' });
    vi.advanceTimersByTime(100);
    expect(bus.published).toHaveLength(2);
  });

  it('publishes the replies of one room together', () => {
    const bus = recordingBus();
    const batcher = new DeltaBatcher(bus, { windowMs: 25 });
    const channels = [first, second].map((messageId) => batcher.open({ channel: room, messageId, attempt: 1 }));
    for (const channel of channels) channel.push({ offset: 0, text: 'x' });
    for (const offset of [1, 2]) for (const channel of channels) channel.push({ offset, text: 'y' });
    vi.advanceTimersByTime(25);
    expect(bus.published).toHaveLength(3);
    expect(bus.published[2]!.deltas.map(({ messageId, text }) => [messageId, text])).toEqual([
      [first, 'yy'],
      [second, 'yy'],
    ]);
  });

  it('publishes at once what waits when it is told to', () => {
    const bus = recordingBus();
    const channel = new DeltaBatcher(bus).open({ channel: room, messageId: first, attempt: 1 });
    channel.push({ offset: 0, text: 'a' });
    channel.push({ offset: 1, text: 'b' });
    channel.flush();
    expect(bus.published).toHaveLength(2);
    vi.advanceTimersByTime(1000);
    expect(bus.published).toHaveLength(2);
  });

  it('fits every payload into what the broker takes, and loses nothing of any text', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 400 }),
      fc.string({ unit: fc.constantFrom('\u0001', '"', '😀', 'a'), maxLength: 400 }),
    );
    fc.assert(
      fc.property(fc.array(text, { maxLength: 8 }), fc.integer({ min: 300, max: 1200 }), (texts, maxPayloadBytes) => {
        const bus = recordingBus(maxPayloadBytes);
        const channel = new DeltaBatcher(bus).open({ channel: room, messageId: first, attempt: 3 });
        let offset = 0;
        for (const piece of texts) {
          channel.push({ offset, text: piece });
          offset += piece.length;
        }
        channel.flush();
        const reader = new DeltaReassembler();
        for (const { deltas } of bus.published) {
          for (const delta of deltas) {
            expect(delta.text.isWellFormed()).toBe(true);
            reader.applyDelta(delta);
          }
        }
        expect(reader.get(first)?.text ?? '').toBe(texts.join(''));
      }),
    );
  });
});
