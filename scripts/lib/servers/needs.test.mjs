import { describe, expect, test } from 'vitest';
import { aptProblem } from './apt.mjs';
import { unprivilegedAccount } from './account.mjs';
import { missingMessage } from './missing.mjs';
import { findBinary, needs } from './needs.mjs';

/** A machine that has these files and no others. */
function machine(files, env = { PATH: '/usr/bin', HOME: '/home/kim' }) {
  return {
    env,
    isExecutable: (file) => files.includes(file),
    list: (folder) => [
      ...new Set(files.filter((file) => file.startsWith(`${folder}/`)).map((file) => file.slice(folder.length + 1).split('/')[0])),
    ],
  };
}

describe('findBinary', () => {
  test('takes what the PATH has, in its order', () => {
    const files = ['/opt/mine/nats-server', '/usr/bin/nats-server'];
    expect(findBinary(needs.nats, machine(files, { PATH: '/opt/mine:/usr/bin' }))).toBe('/opt/mine/nats-server');
  });

  test('finds servers in sbin though the PATH has none of it', () => {
    expect(findBinary(needs.nginx, machine(['/usr/sbin/nginx']))).toBe('/usr/sbin/nginx');
  });

  test('takes the newest PostgreSQL of several', () => {
    const files = ['9.6', '15', '17'].map((version) => `/usr/lib/postgresql/${version}/bin/postgres`);
    expect(findBinary(needs.postgres, machine(files))).toBe('/usr/lib/postgresql/17/bin/postgres');
  });

  test('finds Homebrew and applications of macOS', () => {
    expect(findBinary(needs.postgres, machine(['/opt/homebrew/opt/postgresql@17/bin/postgres']))).toBe(
      '/opt/homebrew/opt/postgresql@17/bin/postgres',
    );
    const chrome = '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome';
    expect(findBinary(needs.chromium, machine([chrome]))).toBe(chrome);
  });

  test('finds what Playwright has downloaded', () => {
    const file = '/home/kim/.cache/ms-playwright/chromium-1200/chrome-linux64/chrome';
    expect(findBinary(needs.chromium, machine([file]))).toBe(file);
  });

  test("takes Chromium's headless shell before the whole of it, which will do too", () => {
    const whole = '/usr/bin/chromium';
    expect(findBinary(needs.chromium, machine([whole]))).toBe(whole);
    expect(findBinary(needs.chromium, machine([whole, '/usr/bin/chromium-headless-shell']))).toBe('/usr/bin/chromium-headless-shell');
    for (const file of ['chrome-headless-shell-linux64/chrome-headless-shell', 'chrome-linux/headless_shell']) {
      const shell = `/home/kim/.cache/ms-playwright/chromium_headless_shell-1200/${file}`;
      expect(findBinary(needs.chromium, machine([shell, '/home/kim/.cache/ms-playwright/chromium-1200/chrome-linux/chrome']))).toBe(shell);
    }
  });

  test('valkey will do for Redis', () => {
    expect(findBinary(needs.redis, machine(['/usr/bin/valkey-server']))).toBe('/usr/bin/valkey-server');
  });

  test('says null when there is none, and without a PATH', () => {
    expect(findBinary(needs.nats, machine([], {}))).toBeNull();
  });

  test('takes nothing from a relative entry of the PATH', () => {
    expect(findBinary(needs.nats, machine(['./nats-server', 'bin/nats-server'], { PATH: '.:bin' }))).toBeNull();
  });
});

describe('missingMessage', () => {
  test('names all that is missing once, with the commands for apt, brew and docker', () => {
    expect(missingMessage([needs.postgres, needs.nats, needs.chromium])).toBe(
      [
        'Missing: PostgreSQL, NATS and Chromium. Install them one of these ways and run this again:',
        '  apt     sudo apt-get install postgresql nats-server chromium',
        '  brew    brew install postgresql@17 nats-server',
        '  brew    brew install --cask chromium',
        '  docker  docker run -d -p 5432:5432 -e POSTGRES_PASSWORD=parley postgres:17 -c max_connections=200',
        '  docker  docker run -d -p 4222:4222 nats:2 -js',
        'Or name what runs elsewhere: TEST_DATABASE_URL=postgresql://postgres:parley@127.0.0.1:5432/postgres TEST_NATS_URL=nats://127.0.0.1:4222 CHROMIUM_PATH=/path/to/chromium',
      ].join('\n'),
    );
  });

  test('says why apt was not used', () => {
    expect(missingMessage([needs.redis], { aptForbidden: 'PARLEY_APT=0 forbids installing it for you' })).toContain(
      'Install it one of these ways and run this again (PARLEY_APT=0',
    );
  });
});

describe('aptProblem', () => {
  test.each([
    [{ env: {}, uid: 0, hasApt: true }, null],
    [{ env: { PARLEY_APT: '1' }, uid: 0, hasApt: true }, null],
    [{ env: { PARLEY_APT: '0' }, uid: 0, hasApt: true }, /PARLEY_APT=0/],
    [{ env: {}, uid: 1000, hasApt: true }, /root/],
    [{ env: {}, uid: undefined, hasApt: false }, /no apt/],
  ])('%j → %s', (state, expected) => {
    const problem = aptProblem(state);
    if (expected === null) expect(problem).toBeNull();
    else expect(problem).toMatch(expected);
  });
});

describe('unprivilegedAccount', () => {
  const nobody = 'nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin';
  const postgres = 'postgres:x:104:110:PostgreSQL,,,:/var/lib/postgresql:/bin/bash';

  test('prefers postgres, else nobody', () => {
    expect(unprivilegedAccount(`root:x:0:0::/root:/bin/sh\n${nobody}\n${postgres}\n`)).toEqual({ name: 'postgres', uid: 104, gid: 110 });
    expect(unprivilegedAccount(`root:x:0:0::/root:/bin/sh\n${nobody}\n`)).toEqual({ name: 'nobody', uid: 65534, gid: 65534 });
  });

  test('is never root', () => {
    expect(unprivilegedAccount('postgres:x:0:0::/:/bin/sh\n')).toBeNull();
  });
});
