import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { TypingUsers } from './typing-users.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function typing(lastsMs = 6_000) {
  const told: string[][] = [];
  return { told, users: new TypingUsers(lastsMs, (userIds) => told.push(userIds)) };
}

describe('typing users', () => {
  test('changes within a tenth of a second are told as one', () => {
    const { told, users } = typing();
    users.set('ann', true);
    users.set('bob', true);
    users.set('bob', false);
    vi.advanceTimersByTime(99);
    expect(told).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(told).toEqual([['ann']]);
  });

  test('a signal that is not renewed ends by itself; a renewed one goes on without being told again', () => {
    const { told, users } = typing(1_000);
    users.set('ann', true);
    vi.advanceTimersByTime(900);
    users.set('ann', true);
    vi.advanceTimersByTime(900);
    expect(told).toEqual([['ann']]);
    vi.advanceTimersByTime(200);
    expect(told).toEqual([['ann'], []]);
    expect(users.userIds).toEqual([]);
  });

  test('one who did not type and stops is no news', () => {
    const { told, users } = typing();
    users.set('ann', false);
    vi.advanceTimersByTime(1_000);
    expect(told).toEqual([]);
  });

  test('closed, it leaves no timer and tells nothing', () => {
    const { told, users } = typing();
    users.set('ann', true);
    users.close();
    expect(vi.getTimerCount()).toBe(0);
    vi.advanceTimersByTime(10_000);
    expect(told).toEqual([]);
  });
});
