import { AppError } from '@parley/contracts';
import { TriedAccount } from '@parley/core/sessions/login';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { RefusalLog } from './refusal-log.js';

let lines: object[];
let refusals: RefusalLog;

beforeEach(() => {
  vi.useFakeTimers();
  lines = [];
  const write = (fields: object, message: string): void => void lines.push({ ...fields, message });
  refusals = new RefusalLog({ info: write, warn: write, error: write });
});
afterEach(() => void vi.useRealTimers());

const take = (): object[] => lines.splice(0);
const forbidden = (userId: string): void => refusals.noteError(new AppError('FORBIDDEN'), { userId, operation: 'users.disable' });
const line = (userId: string) => ({ event: 'refused', userId, operation: 'users.disable', code: 'FORBIDDEN', message: 'refused' });

test('of one kind a line is written at once, and then one a second that counts what it stands for', () => {
  for (const userId of ['a', 'b', 'c', 'd']) forbidden(userId);
  expect(take()).toEqual([line('a')]);
  vi.advanceTimersByTime(1_000);
  expect(take()).toEqual([{ ...line('d'), folded: 2 }]);
  forbidden('e');
  vi.advanceTimersByTime(999);
  expect(take()).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(take()).toEqual([line('e')]);
  vi.advanceTimersByTime(1_000);
  expect(vi.getTimerCount()).toBe(0);
  forbidden('f');
  expect(take()).toEqual([line('f')]);
});

test('another code, and another event of the same code, is another kind', () => {
  forbidden('a');
  refusals.noteError(new AppError('RATE_LIMITED'), { userId: 'a', operation: 'rooms.create' });
  refusals.noteError(new AppError('ACCOUNT_DISABLED'), { address: '192.0.2.7', operation: 'auth.refresh' });
  refusals.noteError(new AppError('ACCOUNT_DISABLED'), { address: '192.0.2.7', operation: 'auth.login' });
  expect(take()).toMatchObject([
    { event: 'refused', code: 'FORBIDDEN' },
    { event: 'limit hit', code: 'RATE_LIMITED' },
    { event: 'refused', code: 'ACCOUNT_DISABLED' },
    { event: 'sign-in failed', code: 'ACCOUNT_DISABLED' },
  ]);
});

test('what went wrong otherwise, and a token that has expired, is no refusal', () => {
  for (const code of ['VALIDATION', 'TOKEN_EXPIRED', 'INTERNAL', 'UNAVAILABLE', 'CONFLICT', 'NOT_FOUND'] as const) {
    refusals.noteError(new AppError(code), { operation: 'rooms.create' });
  }
  expect(take()).toEqual([]);
});

test('a failed sign-in names the account that was tried, where there is one', () => {
  const call = { address: '192.0.2.7', operation: 'auth.login', correlationId: 'c' };
  const failed = { event: 'sign-in failed', ...call, code: 'INVALID_CREDENTIALS', message: 'sign-in failed' };
  refusals.noteError(new AppError('INVALID_CREDENTIALS', undefined, { cause: new TriedAccount('u', 'ann') }), call);
  expect(take()).toEqual([{ ...failed, userId: 'u', username: 'ann' }]);
  refusals.noteError(new AppError('INVALID_CREDENTIALS'), call);
  vi.advanceTimersByTime(1_000);
  expect(take()).toEqual([failed]);
});

test('what waits is written when the process stops', () => {
  for (const userId of ['a', 'b', 'c']) forbidden(userId);
  refusals.close();
  expect(take()).toEqual([line('a'), { ...line('c'), folded: 1 }]);
  expect(vi.getTimerCount()).toBe(0);
});
