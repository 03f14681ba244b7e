import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { reply } from '../testing/views.js';
import { ReplyTexts } from './reply-texts.js';

const id = 'message-1';
const delta = (offset: number, text: string, attempt = 1) => ({ messageId: id, attempt, offset, text });

describe('the texts of replies', () => {
  beforeEach(() => vi.useFakeTimers());
  afterEach(() => vi.useRealTimers());

  function setUp() {
    const onHole = vi.fn();
    const texts = new ReplyTexts(onHole);
    const told = vi.fn();
    texts.subscribe(id, told);
    return { texts, onHole, told };
  }

  it('grow with each delta, and tell only those who look at that reply', () => {
    const { texts, told } = setUp();
    const other = vi.fn();
    texts.subscribe('message-2', other);
    texts.applyDelta(delta(0, 'Once'));
    texts.applyDelta(delta(4, ' upon'));
    expect(texts.get(id)).toEqual({ attempt: 1, text: 'Once upon' });
    expect(told).toHaveBeenCalledTimes(2);
    expect(other).not.toHaveBeenCalled();
  });

  it('are the same object until they change', () => {
    const { texts, told } = setUp();
    texts.applyDelta(delta(0, 'Once'));
    const before = texts.get(id);
    texts.applyDelta(delta(0, 'On'));
    expect(texts.get(id)).toBe(before);
    expect(told).toHaveBeenCalledTimes(1);
  });

  it('are over with the final message, whatever comes late', () => {
    const { texts, told } = setUp();
    texts.applyDelta(delta(0, 'Once'));
    texts.noteMessage(reply(1, 5, 'complete', 1, 'Once upon'), true);
    expect(texts.get(id)).toBeUndefined();
    expect(told).toHaveBeenCalledTimes(2);
    texts.applyDelta(delta(4, ' upon'));
    texts.applySnapshot({ messageId: id, attempt: 1, text: 'Once upon' });
    expect(texts.get(id)).toBeUndefined();
    expect(told).toHaveBeenCalledTimes(2);
  });

  it('start over with the next attempt', () => {
    const { texts, told } = setUp();
    texts.applyDelta(delta(0, 'Once upon'));
    texts.noteMessage(reply(1, 6, 'streaming', 2), true);
    expect(texts.get(id)).toEqual({ attempt: 2, text: '' });
    expect(told).toHaveBeenCalledTimes(2);
    texts.applyDelta(delta(9, ' a time'));
    texts.applyDelta(delta(0, 'Twice', 2));
    expect(texts.get(id)).toEqual({ attempt: 2, text: 'Twice' });
  });

  it('begin again after the end when the reply is made anew', () => {
    const { texts } = setUp();
    texts.noteMessage(reply(1, 5, 'complete', 1, 'Once'), true);
    texts.noteMessage(reply(1, 6, 'queued', 2), true);
    texts.applyDelta(delta(0, 'Twice', 2));
    expect(texts.get(id)?.text).toBe('Twice');
  });

  it('ask for the room again when a hole lasts a second, and more and more rarely after', () => {
    const { texts, onHole } = setUp();
    texts.applyDelta(delta(0, 'Once'));
    texts.applyDelta(delta(9, ' a time'));
    vi.advanceTimersByTime(999);
    expect(onHole).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(onHole).toHaveBeenCalledTimes(1);
    vi.advanceTimersByTime(1_999);
    expect(onHole).toHaveBeenCalledTimes(1);
    vi.advanceTimersByTime(1);
    expect(onHole).toHaveBeenCalledTimes(2);
    texts.applySnapshot({ messageId: id, attempt: 1, text: 'Once upon' });
    expect(texts.get(id)?.text).toBe('Once upon a time');
    vi.advanceTimersByTime(60_000);
    expect(onHole).toHaveBeenCalledTimes(2);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('ask at most every 16 seconds while the hole stays, and after a second again for the next one', () => {
    const { texts, onHole } = setUp();
    texts.applyDelta(delta(4, ' upon'));
    const asked: number[] = [];
    let seconds = 0;
    onHole.mockImplementation(() => asked.push(seconds));
    while (seconds++ < 63) vi.advanceTimersByTime(1_000);
    expect(asked).toEqual([1, 3, 7, 15, 31, 47, 63]);
    texts.applyDelta(delta(0, 'Once'));
    vi.advanceTimersByTime(16_000);
    texts.applyDelta(delta(19, ' was'));
    vi.advanceTimersByTime(1_000);
    expect(asked).toHaveLength(8);
  });

  it('do not ask when the hole is filled in time', () => {
    const { texts, onHole } = setUp();
    texts.applyDelta(delta(4, ' upon'));
    vi.advanceTimersByTime(500);
    texts.applyDelta(delta(0, 'Once'));
    vi.advanceTimersByTime(10_000);
    expect(onHole).not.toHaveBeenCalled();
  });

  it('keep no timer after closing', () => {
    const { texts } = setUp();
    texts.applyDelta(delta(4, ' upon'));
    texts.close();
    expect(vi.getTimerCount()).toBe(0);
  });
});
