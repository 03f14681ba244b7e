import { expect, test } from 'vitest';
import { doorOf, inviteLink } from './door.js';

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
  expect(doorOf({ ...local, ...more })).toEqual({ registration, firstIsAdmin });
});

test('a link leads to the page of its origin', () => {
  expect(inviteLink('https://chat.example.org/', 'abc')).toBe('https://chat.example.org/sign-in#invite=abc');
});
