import { describe, expect, test } from 'vitest';
import { isAllowedOrigin } from './origins.js';

const listed = ['https://chat.example.org', 'http://other.example:8080/'];

test.each([
  ['no Origin: a program', undefined, 'chat.example', [], true],
  ['the host’s own', 'http://127.0.0.1:3000', '127.0.0.1:3000', [], true],
  ['the host’s own over https', 'https://chat.example', 'chat.example', [], true],
  ['the host’s own, the Host header in capitals', 'https://chat.example', 'CHAT.example', [], true],
  ['another port of the host', 'http://127.0.0.1:3001', '127.0.0.1:3000', [], false],
  ['a listed one', 'https://chat.example.org', 'api.internal', listed, true],
  ['a listed one that was written with a slash', 'http://other.example:8080', 'api.internal', listed, true],
  ['a listed name by another scheme', 'http://chat.example.org', 'api.internal', listed, false],
  ['a name that only begins like a listed one', 'https://chat.example.org.evil.example', 'api.internal', listed, false],
  ['a subdomain of a listed one', 'https://x.chat.example.org', 'api.internal', listed, false],
  ['a stranger', 'https://evil.example', 'chat.example', listed, false],
  ['the host’s own, which is not listed', 'https://chat.example', 'chat.example', listed, false],
  ['the host’s own by its address, which is not listed', 'http://192.0.2.7:3000', '192.0.2.7:3000', listed, false],
  ['the host’s own as localhost, which is not listed', 'http://localhost:3000', 'localhost:3000', listed, true],
  ['the host’s own by its loopback address, which is not listed', 'http://127.0.0.1:8080', '127.0.0.1:8080', listed, true],
  ['the host’s own by its other loopback address', 'http://[::1]:8080', '[::1]:8080', listed, true],
  ['another port of localhost', 'http://localhost:3001', 'localhost:3000', listed, false],
  ['localhost, calling by another name', 'http://localhost:3000', '127.0.0.1:3000', listed, false],
  ['a name that was pointed at a listing server', 'http://evil.example:3000', 'evil.example:3000', listed, false],
  ['a name that only begins like a loopback address', 'http://127.evil.example', '127.evil.example', listed, false],
  ['an opaque origin', 'null', 'chat.example', listed, false],
  ['an opaque origin on a host named null', 'null', 'null', [], false],
  ['an extension', 'chrome-extension://chat.example', 'chat.example', [], false],
  ['an empty one', '', 'chat.example', [], false],
  ['an own one without a Host', 'https://chat.example', undefined, [], false],
] as const)('%s', (_name, origin, host, publicOrigins, allowed) => {
  expect(isAllowedOrigin(origin, host, { PUBLIC_ORIGINS: publicOrigins, HOST: '0.0.0.0', TRUST_PROXY: false })).toBe(allowed);
});

describe('a server that only this machine can reach', () => {
  const local = { PUBLIC_ORIGINS: [], HOST: '127.0.0.1', TRUST_PROXY: false };

  test.each([
    ['by its address', 'http://127.0.0.1:3000', true],
    ['by its other address', 'http://[::1]:3000', true],
    ['as localhost', 'http://localhost:3000', true],
    ['by a name below localhost', 'http://parley.localhost:3000', true],
    ['by a name that was made to point here', 'http://evil.example:3000', false],
    ['by a name that ends like localhost', 'http://evillocalhost:3000', false],
    ['by a name that begins like an address', 'http://127.0.0.1.evil.example:3000', false],
  ])('%s', (_name, origin, allowed) => {
    const host = origin.slice('http://'.length);
    expect(isAllowedOrigin(origin, host, local)).toBe(allowed);
    expect(isAllowedOrigin(origin, host, { ...local, HOST: 'localhost' })).toBe(allowed);
    // A server behind a proxy, or one that others can reach, may have any name. A listed origin is allowed everywhere.
    expect(isAllowedOrigin(origin, host, { ...local, TRUST_PROXY: true })).toBe(true);
    expect(isAllowedOrigin(origin, host, { ...local, HOST: '0.0.0.0' })).toBe(true);
    expect(isAllowedOrigin(origin, host, { ...local, PUBLIC_ORIGINS: [origin] })).toBe(true);
    expect(isAllowedOrigin(undefined, host, local)).toBe(true);
  });
});
