import { expect, test } from 'vitest';
import { connectionText } from './connection-text.js';

test('the line under one’s name', () => {
  expect(connectionText({ kind: 'connected', rttMs: 0.2 })).toBe('Connected · 1 ms');
  expect(connectionText({ kind: 'connected', rttMs: null })).toBe('Connected');
});
