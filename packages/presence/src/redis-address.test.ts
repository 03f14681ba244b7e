import { expect, test } from 'vitest';
import { readRedisAddress } from './redis-address.js';

test('an address without sentinels is left to the client', () => {
  for (const address of ['redis://localhost', 'rediss://user:p%40ss@cache:6380/2']) expect(readRedisAddress(address)).toBe(address);
});

test('sentinels are read with the name that they watch, whoever signs in, the database, and TLS', () => {
  expect(readRedisAddress('redis+sentinel://one:1, two,[::1]:3/main')).toEqual({
    sentinels: [
      { host: 'one', port: 1 },
      { host: 'two', port: 26_379 },
      { host: '::1', port: 3 },
    ],
    name: 'main',
  });
  expect(readRedisAddress('rediss+sentinel://me:p%40ss@one/main/4?sentinelPassword=a%26b')).toEqual({
    sentinels: [{ host: 'one', port: 26_379 }],
    name: 'main',
    username: 'me',
    password: 'p@ss',
    sentinelPassword: 'a&b',
    db: 4,
    tls: {},
    sentinelTLS: {},
    enableTLSForSentinelMode: true,
  });
  expect(readRedisAddress('redis+sentinel://:secret@one/main')).toMatchObject({ password: 'secret' });
});

test.each(['http://one', 'redis+sentinel://one', 'redis+sentinel://user:secret@:x/main', 'redis://secret@'])(
  '%j is refused, without repeating it',
  (address) => {
    expect(() => readRedisAddress(address)).toThrow(/^(?!.*secret)REDIS_URL /);
  },
);
