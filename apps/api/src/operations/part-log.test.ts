import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { PartLog } from './part-log.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function listening() {
  const said: string[] = [];
  const note = (level: string) => (fields: object, message: string) =>
    said.push(`${level} ${(fields as { part: string }).part}: ${message}${'changes' in fields ? ` (${String(fields.changes)})` : ''}`);
  return { said, log: new PartLog({ info: note('info'), warn: note('warn'), error: note('error') }, 30_000) };
}

const away = 'warn bus: a part of the server is away';
const back = 'info bus: a part of the server is back';

test('an outage and its end are said at once', () => {
  const { said, log } = listening();
  log.note('bus', 'away', new Error('gone'));
  vi.advanceTimersByTime(2_000);
  log.note('bus', 'ok', null);
  expect(said).toEqual([away, back]);
  expect(vi.getTimerCount()).toBe(0);
});

test('of a part that comes and goes the log says each no more than twice a minute, and in the end what is', () => {
  const { said, log } = listening();
  for (let second = 0; second < 60; second++) {
    log.note('bus', second % 2 === 0 ? 'away' : 'ok', second % 2 === 0 ? new Error('gone') : null);
    vi.advanceTimersByTime(1_000);
  }
  expect(said.filter((line) => line.startsWith(away)).length).toBeLessThanOrEqual(2);
  expect(said.filter((line) => line.startsWith(back)).length).toBeLessThanOrEqual(2);
  log.note('bus', 'away', new Error('gone'));
  vi.advanceTimersByTime(60_000);
  expect(said.at(-1)).toMatch(/^warn bus: a part of the server is away/);
  log.note('bus', 'ok', null);
  vi.advanceTimersByTime(60_000);
  expect(said.at(-1)).toMatch(/^info bus: a part of the server is back/);
  expect(vi.getTimerCount()).toBe(0);
});

test('what is said late tells how often it changed; another part has its own say', () => {
  const { said, log } = listening();
  for (const state of ['away', 'ok', 'away', 'ok', 'away'] as const) log.note('bus', state, null);
  log.note('limits', 'away', null);
  expect(said).toEqual([away, back, 'warn limits: a part of the server is away']);
  vi.advanceTimersByTime(30_000);
  expect(said.at(-1)).toBe(`${away} (3)`);
  log.note('bus', 'ok', null);
  log.note('bus', 'away', null);
  log.close();
  expect(vi.getTimerCount()).toBe(0);
});
