import { expect, test } from 'vitest';
import { noticeText, signInNotice, type NoticePlace } from './notice-text.js';

const places: NoticePlace[] = ['room', 'screen', 'opening'];

test.each(places)('all is well: nothing to say (%s)', (place) => {
  expect(noticeText('connected', [], place)).toBeNull();
  expect(noticeText('connecting', [], place)).toBeNull();
});

test.each(places)('of several troubles the one that matters most (%s)', (place) => {
  expect(noticeText('offline', ['database'], place)).toMatch(/^You are offline/);
  expect(noticeText('reconnecting', ['database'], place)).toMatch(/database is away/);
  expect(noticeText('connected', ['presence', 'limits', 'bus', 'database'], place)).toMatch(/database is away/);
});

test.each(['room', 'screen'] as const)('what is late or paused is said where it matters (%s)', (place) => {
  expect(noticeText('reconnecting', ['bus'], place)).toMatch(/^Reconnecting/);
  expect(noticeText('connected', ['presence', 'limits', 'bus'], place)).toMatch(/^Live updates are late/);
  expect(noticeText('connected', ['presence', 'limits'], place)).toMatch(/^Sign-in and AI are paused/);
});

test('what is promised is what the place keeps: only a room sends later what is written now', () => {
  expect(places.filter((place) => /kept here and sent/.test(noticeText('connected', ['database'], place)!))).toEqual(['room']);
});

test('signing in needs the database and the limits, and nothing else', () => {
  expect(signInNotice(['presence', 'bus'])).toBeNull();
  expect(signInNotice(['presence', 'limits'])).toMatch(/paused/);
  expect(signInNotice(['database', 'limits'])).toMatch(/database is away/);
});
