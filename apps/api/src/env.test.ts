import { EnvError } from '@parley/contracts';
import { describe, expect, test } from 'vitest';
import { readAdminEnv, readApiEnv } from './env.js';

const good = {
  SESSION_SECRET: 'x'.repeat(32),
  DATABASE_URL: 'postgresql://parley:secret@localhost:5432/parley',
  NATS_URL: 'nats://localhost:4222',
  REDIS_URL: 'redis://localhost:6379',
};

function complaint(env: Record<string, string | undefined>): string {
  try {
    readApiEnv(env);
  } catch (error) {
    if (error instanceof EnvError) return error.message;
    throw error;
  }
  throw new Error(`nothing is wrong with ${JSON.stringify(env)}`);
}

describe('variables of an API', () => {
  test('the four that have no default are enough', () => {
    expect(readApiEnv(good)).toMatchObject({
      ...good,
      PORT: 3000,
      HOST: '127.0.0.1',
      PUBLIC_ORIGINS: [],
      TRUST_PROXY: false,
      LOG_LEVEL: 'info',
    });
  });

  test('an empty variable is an unset one', () => {
    expect(readApiEnv({ ...good, PORT: '', PUBLIC_ORIGINS: '', REGISTRATION: '' })).toMatchObject({ PORT: 3000, PUBLIC_ORIGINS: [] });
  });

  test('a list, a flag and a number are read as such', () => {
    const env = readApiEnv({ ...good, PUBLIC_ORIGINS: ' https://a.example , http://b.example:81,', TRUST_PROXY: '1', PORT: '0' });
    expect(env).toMatchObject({ PUBLIC_ORIGINS: ['https://a.example', 'http://b.example:81'], TRUST_PROXY: true, PORT: 0 });
  });

  test.each([
    ['PORT', 'eighty'],
    ['PORT', '70000'],
    ['PORT', '-1'],
    ['PORT', '3.5'],
    ['PUBLIC_ORIGINS', 'chat.example.org'],
    ['PUBLIC_ORIGINS', 'https://ok.example,ftp://x.example'],
    ['TRUST_PROXY', 'maybe'],
    ['LOG_LEVEL', 'loud'],
    ['REGISTRATION', 'sometimes'],
    ['INSTANCE_ID', 'a b'],
    ['PARLEY_ENV', 'a.b'],
    ['PARLEY_ENV', '>'],
    ['HUB_LINGER_MS', '0'],
    ['HEAD_SWEEP_MS', 'soon'],
    ['SOCKET_MAX_BYTES', '-5'],
    ['LIMIT_SEND_PER_10_S', 'many'],
    ['DATABASE_POOL', '0'],
  ])('%s=%s is named, with what was expected and what it is', (name, value) => {
    const lines = complaint({ ...good, [name]: value }).split('\n');
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(new RegExp(`^${name}: expected .{10,}; it is "`));
    expect(lines[0]).toContain(value);
  });

  test.each(['SESSION_SECRET', 'DATABASE_URL', 'NATS_URL', 'REDIS_URL'])('%s is needed, and said to be missing', (name) => {
    expect(complaint({ ...good, [name]: undefined })).toMatch(new RegExp(`^${name}: expected .{10,}; it is not set\\.$`));
  });

  test.each([
    ['SESSION_SECRET', 'short-secret'],
    ['DATABASE_URL', 'mysql://me:hunter2@db/x'],
    ['NATS_URL', 'http://me:hunter2@nats:4222'],
    ['NATS_URL', 'nats://me:hunter2@nats:4222,redis://cache'],
    ['REDIS_URL', 'http://me:hunter2@db/x'],
  ])('a bad %s is named without being printed', (name, value) => {
    const line = complaint({ ...good, [name]: value });
    expect(line).toMatch(new RegExp(`^${name}: expected `));
    expect(line).not.toContain(value);
    expect(line).not.toContain('hunter2');
  });

  test.each(['nats', 'nats:4222', 'nats://nats:4222/', 'tls://me:secret@nats', 'nats://a:4222, nats://b:4222,c', 'nats://[::1]:4222'])(
    'NATS may be named as %s',
    (name) => {
      expect(readApiEnv({ ...good, NATS_URL: name }).NATS_URL).toBe(name);
    },
  );

  test('every bad variable has a line', () => {
    expect(
      complaint({ ...good, PORT: 'x', NATS_URL: undefined, TRUST_PROXY: 'x' })
        .split('\n')
        .map((line) => line.split(':')[0])
        .toSorted(),
    ).toEqual(['NATS_URL', 'PORT', 'TRUST_PROXY']);
  });

  test('the admin command needs neither secret nor servers', () => {
    expect(readAdminEnv({})).toEqual({ DATA_DIR: 'data', DISK_RESERVE_MB: 32, PARLEY_ENV: 'main' });
    expect(() => readAdminEnv({ DATABASE_URL: 'x' })).toThrow(/^DATABASE_URL: expected postgresql/);
    expect(() => readAdminEnv({ NATS_URL: 'a b' })).toThrow('NATS_URL: expected nats://host:4222; it is something else.');
  });
});
