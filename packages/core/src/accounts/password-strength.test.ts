import { describe, expect, it } from 'vitest';
import { commonWords } from './common-words.js';
import { weaknessOf } from './password-strength.js';

const names = ['bob.dylan', 'Zoë Ünal'];

describe('weaknessOf', () => {
  it.each(['        ', '\u00a0\u2003\u3000        ', '\u200b\u200b\u200b\u200b\u200b\u200b\u200b\u200b', '\u2800'.repeat(8)])(
    '%j is blank',
    (password) => {
      expect(weaknessOf(password, names)).toBe('blank');
    },
  );

  it.each([
    ...[
      '12345678',
      '123456789',
      '87654321',
      '01234567',
      '98765432',
      '11111111',
      '00000000',
      '12341234',
      '12121212',
      '11223344',
      '123123123',
    ],
    ...['password', 'Password', 'PASSWORD1', 'p@ssw0rd', 'Passw0rd!', 'password123', 'password2024', 'passwordpassword'],
    ...['пароль123', 'passwort', 'contraseña', 'ｐａｓｓｗｏｒｄ', '1l0v3y0u', 'tr1n1ty!', 'letmein1', 'iloveyou', 'welcome1'],
    ...[
      'qwertyui',
      'QwErTyUi',
      'asdfghjkl',
      'asdf1234',
      'qwer1234',
      '1q2w3e4r',
      '1qaz2wsx',
      'zaq12wsx',
      'qazwsxedc',
      'abcdefgh',
      'hgfedcba',
    ],
    ...[
      'abcd1234',
      'aaaaaaaa',
      'abababab',
      'abcabcabc',
      'azertyui',
      'qwertzui',
      'йцукенгш',
      'a a a a a a',
      'p p p p p p p p',
      'p a s s w o r d',
      'pass word 1',
    ],
    ...['bob.dylan', 'BobDylan', 'bobdylan1', 'dylan2024', 'Zoë Ünal', 'zoeunal!', 'ZOË ünal', 'Zoë Ünal'],
    // A shorter word may leave fewer parts than the longest one.
    ...['letmein123', 'letmein12345', 'monkey123456', '123letmein'],
    ...['drowssap', 'drowssap123', 'nalyd.bob', 'pa\u00adssword', 'pas\u034fsw\u2060ord', 'p\u200bassword1'],
    ...['parley123', 'Parley2026', 'parleyparley', 'parleychat', 'lobbyroom', 'superman', 'sunshine', 'football1', '147258369'],
  ])('%j is among the first to be tried', (password) => {
    const plain = ['zoe', 'unal', 'zoeunal'];
    expect(weaknessOf(password, [...names, ...(password === 'zoeunal!' ? plain : [])])).toBe('common');
  });

  it.each([
    ...['password of tess', 'a good password', 'another good password', 'long enough', 'correct horse battery staple', 'a better password'],
    ...[
      'Tr0ub4dor&3',
      'kq83-vbz1',
      '東京の夜は長い',
      'eleven grey owls',
      '🦊🍄🌧️🚲🎷🧦🪐🧊',
      'dragonfly-weather',
      'x7#kPw2!',
      'monkeys write hamlet',
      'test-password',
      'dragon-2024',
    ],
  ])('%j passes', (password) => {
    expect(weaknessOf(password, names)).toBeNull();
  });

  it('knows what its owner is called, and nothing of others', () => {
    expect(weaknessOf('esmeralda7', ['esmeralda'])).toBe('common');
    expect(weaknessOf('esmeralda7', ['someone'])).toBeNull();
    // Names of one or two letters are in everything.
    expect(weaknessOf('elananel', ['el', 'an'])).toBeNull();
  });

  it('lists words as they are looked up: in lower case, in one form', () => {
    expect(commonWords.size).toBeGreaterThan(1_000);
    for (const word of commonWords) expect(word).toBe(word.normalize('NFKC').toLowerCase());
  });
});
