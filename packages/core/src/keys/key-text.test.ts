import { v7 as uuidv7 } from 'uuid';
import { expect, test } from 'vitest';
import { looksLikeKey, newKey, readKey } from './key-text.js';

test('a key names its session, and has one length, whatever its id', () => {
  for (const sessionId of [uuidv7(), '00000000-0000-7000-8000-000000000000', '01ffffff-ffff-7fff-bfff-ffffffffffff']) {
    const { key, hashHex } = newKey(sessionId);
    expect(key).toMatch(/^parley_[0-9A-Za-z]{71}$/);
    expect(readKey(key)).toEqual({ sessionId, hashHex });
    expect(hashHex).toMatch(/^[0-9a-f]{64}$/);
  }
});

test('two keys of one session have nothing secret in common', () => {
  const sessionId = uuidv7();
  expect(newKey(sessionId).key.slice(29)).not.toBe(newKey(sessionId).key.slice(29));
});

test('what was mistyped, cut or made up is no key', () => {
  const { key } = newKey(uuidv7());
  const last = key.at(-1) === 'a' ? 'b' : 'a';
  const middle = key[40] === 'a' ? 'b' : 'a';
  const wrong = [
    '',
    'parley_',
    key.slice(0, -1),
    `${key}a`,
    `${key.slice(0, -1)}${last}`,
    `${key.slice(0, 40)}${middle}${key.slice(41)}`,
    key.toUpperCase(),
    key.replace('parley_', 'parlay_'),
    ` ${key}`,
    `parley_${'z'.repeat(71)}`,
  ];
  for (const text of wrong) expect(readKey(text), text).toBeNull();
  expect(wrong.filter(looksLikeKey)).toHaveLength(6);
});
