import { expect, test } from 'vitest';
import { doorOf, inviteLink } from './door.js';

const defaults = {
  registration: 'automatic',
  newcomerRooms: [],
  announcement: '',
  auditDays: 365,
  blockedWords: [],
  blockedWordsAction: 'refuse',
  moderationUrl: '',
  moderationSecret: '',
  moderationAway: 'allow',
};
const local = { HOST: '127.0.0.1', PUBLIC_ORIGINS: [], TRUST_PROXY: false };

test.each([
  [{}, 'open', true],
  [{ HOST: 'localhost' }, 'open', true],
  [{ HOST: '0.0.0.0' }, 'closed', false],
  [{ HOST: '::' }, 'closed', false],
  [{ TRUST_PROXY: true }, 'closed', false],
  [{ PUBLIC_ORIGINS: ['https://chat.example.org'] }, 'closed', false],
  [{ PUBLIC_ORIGINS: ['https://chat.example.org'], TRUST_PROXY: true }, 'closed', false],
  [{ TRUST_PROXY: true, REGISTRATION: 'open' }, 'open', false],
  [{ HOST: '0.0.0.0', REGISTRATION: 'invite' }, 'invite', false],
  [{ REGISTRATION: 'closed' }, 'closed', true],
] as const)('%j: %s, the first account is admin: %s', (more, registration, firstIsAdmin) => {
  const { REGISTRATION = 'automatic', ...server } = { REGISTRATION: undefined, ...more };
  const settings = { ...defaults, registration: REGISTRATION };
  expect(doorOf({ ...local, ...server }, { get: (name) => settings[name as keyof typeof settings] as never })).toEqual({
    registration,
    firstIsAdmin,
    newcomerRooms: [],
  });
});

test('a link leads to the page of its origin', () => {
  expect(inviteLink('https://chat.example.org/', 'abc')).toBe('https://chat.example.org/sign-in#invite=abc');
});
