import { expect, test } from 'vitest';
import { connectionText, noticeText } from './connection-text.js';

test('all is well: nothing to say', () => {
  expect(noticeText('connected', [])).toBeNull();
  expect(noticeText('connecting', [])).toBeNull();
});

test('of several troubles the one that matters most', () => {
  expect(noticeText('offline', ['database'])).toMatch(/^You are offline/);
  expect(noticeText('reconnecting', ['database'])).toMatch(/database is away/);
  expect(noticeText('reconnecting', ['bus'])).toMatch(/^Reconnecting/);
  expect(noticeText('connected', ['presence', 'limits', 'bus', 'database'])).toMatch(/database is away/);
  expect(noticeText('connected', ['presence', 'limits', 'bus'])).toMatch(/^Live updates are late/);
  expect(noticeText('connected', ['presence', 'limits'])).toMatch(/^Sign-in and AI are paused/);
});

test('the line under one’s name', () => {
  expect(connectionText({ kind: 'connected', rttMs: 0.2 })).toBe('Connected · 1 ms');
  expect(connectionText({ kind: 'connected', rttMs: null })).toBe('Connected');
});
