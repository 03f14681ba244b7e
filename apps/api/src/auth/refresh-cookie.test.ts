import { expect, test } from 'vitest';
import { cookiePlace } from './refresh-cookie.js';

test.each([
  ['a page of a port', 'http://localhost:3000', 'localhost:3000', 'http', [], 'parley_refresh_3000'],
  ['a page of another port of the same host', 'http://localhost:3001', 'localhost:3001', 'http', [], 'parley_refresh_3001'],
  ['a page of the port that http leaves out', 'http://chat.example', 'chat.example', 'http', [], 'parley_refresh_80'],
  ['a page by https', 'https://chat.example', 'chat.example', 'https', [], '__Host-parley_refresh_443'],
  ['a page by https on a port', 'https://chat.example:8443', 'chat.example:8443', 'https', [], '__Host-parley_refresh_8443'],
  ['a page by https whose proxy is not trusted', 'https://chat.example', 'chat.example', 'http', [], '__Host-parley_refresh_443'],
  ['a page whose proxy drops the port', 'https://chat.example:8443', 'chat.example', 'http', [], '__Host-parley_refresh_8443'],
  ['a page whose proxy says another host', 'https://chat.example', 'api:3000', 'http', [], '__Host-parley_refresh_443'],
  [
    'a page by http where others come by https',
    'http://localhost:3000',
    'localhost:3000',
    'http',
    ['https://a.example'],
    'parley_refresh_3000',
  ],
  ['a page by an IPv6 address', 'http://[::1]:3000', '[::1]:3000', 'http', [], 'parley_refresh_3000'],
  ['a program', undefined, 'localhost:3000', 'http', [], 'parley_refresh_3000'],
  ['a program that comes through a proxy for https', undefined, 'chat.example', 'https', [], '__Host-parley_refresh_443'],
  ['a program where a setting says https', undefined, 'a.example', 'http', ['https://a.example'], '__Host-parley_refresh_443'],
  ['a program that says no host', undefined, '', 'http', [], 'parley_refresh_80'],
  ['a program that says nonsense', undefined, 'a b', 'http', [], 'parley_refresh_80'],
] as const)('the name of the cookie, for %s', (_who, origin, host, protocol, publicOrigins, name) => {
  const secure = name.startsWith('__Host-');
  expect(cookiePlace({ headers: { origin }, host, protocol }, publicOrigins)).toEqual({ name, secure, path: secure ? '/' : '/trpc' });
});
