import { channels, maxShownThought, type RoomThoughtPayload } from '@parley/contracts';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ThoughtChannel } from './thought-channel.js';

describe('ThoughtChannel', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  const of = { roomId: '018f0000-0000-7000-8000-000000000001', messageId: '018f0000-0000-7000-8000-000000000002', attempt: 3 };
  const open = () => {
    const told: RoomThoughtPayload[] = [];
    const channel = new ThoughtChannel(
      {
        publish: (to, piece) => {
          expect(to.subject).toBe(channels.roomThoughts(of.roomId).subject);
          told.push(piece as RoomThoughtPayload);
        },
      },
      of,
    );
    return { told, channel };
  };

  it('tells the first piece at once and then what has come in a window, in order, and never half a character', () => {
    const { told, channel } = open();
    channel.add('Let me ');
    vi.advanceTimersByTime(0);
    channel.add('think. \ud83d');
    vi.advanceTimersByTime(250);
    channel.add('\ude00');
    vi.advanceTimersByTime(250);
    const { messageId, attempt } = of;
    expect(told).toEqual([
      { messageId, attempt, offset: 0, text: 'Let me ' },
      { messageId, attempt, offset: 7, text: 'think. ' },
      { messageId, attempt, offset: 14, text: '😀' },
    ]);
  });

  it('tells no more than its most of an attempt, and nothing once that is over', () => {
    const { told, channel } = open();
    for (let n = 0; n < 100; n++) channel.add('x'.repeat(1_000));
    vi.advanceTimersByTime(1_000);
    channel.add('y');
    vi.advanceTimersByTime(1_000);
    expect(told.map(({ text }) => text).join('')).toBe('x'.repeat(maxShownThought));
    const other = open();
    other.channel.add('not told');
    other.channel.close();
    other.channel.add('nor this');
    vi.advanceTimersByTime(1_000);
    expect([other.told, vi.getTimerCount()]).toEqual([[], 0]);
  });
});
