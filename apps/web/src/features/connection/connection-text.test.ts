import { expect, test } from 'vitest';
import { connectionText, delayText } from './connection-text.js';

test('the line under one’s name', () => {
  const line = (state: Parameters<typeof delayText>[0]) => connectionText(state) + delayText(state);
  expect(line({ kind: 'connected', rttMs: 0.2 })).toBe('Connected · 1 ms');
  expect(line({ kind: 'connected', rttMs: null })).toBe('Connected');
  expect(line({ kind: 'reconnecting', rttMs: 8 })).toBe('Reconnecting…');
});
