import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { PrivateChannel } from './private-channel.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function setUp() {
  const told: string[] = [];
  const channel = new PrivateChannel((text) => told.push(text), { windowMs: 150, repeatMs: 1_000 });
  return { told, channel, write: (text: string) => channel.push({ offset: 0, text }) };
}

it('tells the first text at once, then the whole of it in windows', () => {
  const { told, channel, write } = setUp();
  write('Tea');
  expect(told).toEqual(['Tea']);
  for (const piece of [' is', ' at', ' four']) write(piece);
  vi.advanceTimersByTime(149);
  expect(told).toHaveLength(1);
  vi.advanceTimersByTime(1);
  expect(told).toEqual(['Tea', 'Tea is at four']);
  write('.');
  channel.flush();
  expect(told.at(-1)).toBe('Tea is at four.');
  channel.close();
});

it('tells at once that the text so far was no part of the answer, then the answer alone', () => {
  const { told, channel, write } = setUp();
  write('Hm, tea');
  write(' or');
  channel.takeBack();
  write('Tea');
  vi.advanceTimersByTime(150);
  expect(told).toEqual(['Hm, tea', '', 'Tea']);
  channel.close();
});

it('says it again while nothing comes, for those who came meanwhile', () => {
  const { told, channel, write } = setUp();
  write('Tea');
  vi.advanceTimersByTime(1_200);
  expect(told).toEqual(['Tea', 'Tea']);
  channel.close();
});

it('tells a long text less often, so that a second of it stays bounded', () => {
  const { told, channel, write } = setUp();
  write('x'.repeat(64 * 1024));
  told.length = 0;
  for (let ms = 0; ms < 3_000; ms += 10) {
    write('y');
    vi.advanceTimersByTime(10);
  }
  expect(told.length).toBeGreaterThan(2);
  expect(told.length).toBeLessThan(6);
  channel.close();
});

it('tells nothing after it was closed, and leaves no timer', () => {
  const { told, channel, write } = setUp();
  write('Tea');
  write(' at four');
  channel.close();
  channel.flush();
  write('!');
  vi.advanceTimersByTime(5_000);
  expect(told).toEqual(['Tea']);
  expect(vi.getTimerCount()).toBe(0);
});
