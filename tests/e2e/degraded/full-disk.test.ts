import { randomUUID } from 'node:crypto';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { freePort } from '../../../scripts/lib/servers/ports.mjs';
import { until } from '../faults/harness/settle.js';
import { connect, register, type Person } from '../harness/person.js';
import { entries, shortLived, startProcess, type RunningProcess } from '../harness/processes.js';

let home: string;
/** The data directory of a server that was stopped, with a room in it. Tests copy it. */
let made: string;
let account: Pick<Person, 'id' | 'username' | 'accessToken' | 'refreshToken'>;
let roomId: string;
const started: RunningProcess[] = [];

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'parley-full-disk-'));
  made = join(home, 'made');
  const { url, running } = await start(made);
  const person = await register(url, 'ann');
  account = person;
  ({ id: roomId } = await person.http.rooms.create.mutate({ name: 'Full' }));
  await send(person, 'before');
  await person[Symbol.asyncDispose]();
  await running.stop();
});
afterAll(async () => {
  await Promise.all(started.map((running) => running.stop()));
  await rm(home, { recursive: true, force: true });
});

async function start(dataDir: string, variables: Record<string, string> = {}) {
  const running = startProcess('standalone', { PORT: '0', DATA_DIR: dataDir, ACCESS_TOKEN_TTL_MS: '3600000', ...variables });
  started.push(running);
  const [, url = ''] = await running.printed(/Parley is at (http\S+)/);
  return { running, url };
}

async function copied(): Promise<string> {
  const dataDir = await mkdtemp(join(home, 'copy-'));
  await cp(made, dataDir, { recursive: true });
  return dataDir;
}

const send = (person: Person, content: string) => person.http.messages.send.mutate({ roomId, clientId: randomUUID(), content });
const answers = (url: string) =>
  fetch(`${url}/health`).then(
    () => true,
    () => false,
  );
const read = async (person: Person) => (await person.http.messages.list.query({ roomId })).items.map(({ content }) => content);

test('a start on a disk that is nearly full ends with a sentence and code 1, and the next, with room, has all that was stored', async () => {
  const dataDir = await copied();
  // No disk has as much room.
  const running = startProcess('standalone', { PORT: '0', DATA_DIR: dataDir, DISK_RESERVE_MB: '1000000000' });
  started.push(running);
  expect(await running.exited).toEqual({ code: 1, signal: null });
  expect(running.output()).toContain('the disk of DATA_DIR is nearly full');
  expect(running.output()).toContain('Could not start: the database takes no writes.');
  const again = await start(dataDir);
  await using later = connect(again.url, account);
  await send(later, 'after');
  expect((await read(later)).slice(-2)).toEqual(['before', 'after']);
  await again.running.stop();
});

test('what PGlite does not survive ends the process with a line and code 1, and the next start has all that was stored', async () => {
  const dataDir = await copied();
  // No file may grow beyond 12 MB, in blocks of 512 bytes: a new file of PostgreSQL's log, which has 16, cannot be made.
  const child = spawn('sh', ['-c', 'ulimit -f 24576; exec "$0" "$@"', process.execPath, ...shortLived, entries.standalone], {
    env: {
      PATH: process.env['PATH'],
      PARLEY_TEST_RUN: process.env['PARLEY_TEST_RUN'],
      PORT: '0',
      DATA_DIR: dataDir,
      LIMIT_SEND_PER_10_S: '100000',
      ACCESS_TOKEN_TTL_MS: '3600000',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const closed = once(child, 'close') as Promise<[number | null, string | null]>;
  const url = await new Promise<string>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (bytes: Buffer) => {
        output += bytes.toString();
        const [, found] = /Parley is at (http\S+)/.exec(output) ?? [];
        if (found) resolve(found);
      });
    }
    void closed.then(() => reject(new Error(output)));
  });
  const stored: string[] = [];
  const person = connect(url, account);
  for (let tries = 0; tries < 300; tries++) {
    const content = `${stored.length} ${Array.from({ length: 800 }, () => randomUUID()).join('')}`;
    try {
      await send(person, content);
      stored.push(content);
    } catch {
      // Either the write alone was refused, or the process has ended.
      if (child.exitCode !== null || !(await answers(url))) break;
    }
  }
  expect(await closed).toEqual([1, null]);
  expect(output).toMatch(/^The database could not write to .*: its disk is full or fails\..*$/m);
  await person[Symbol.asyncDispose]();
  const again = await start(dataDir);
  await using later = connect(again.url, account);
  const { items } = await later.http.messages.list.query({ roomId, limit: 50 });
  const last = stored.slice(-40);
  expect(last.filter((content) => !items.some((item) => item.content === content))).toEqual([]);
  await send(later, 'after');
  await again.running.stop();
});

test('a stdout that nobody reads, or that is full, neither stops the process nor makes it deaf', async () => {
  for (const to of ['pipe', 'full'] as const) {
    const dataDir = await copied();
    const port = await freePort();
    // Writing to /dev/full fails as a write to a full disk does.
    const full = openSync('/dev/full', 'w');
    const errors = join(dataDir, 'errors');
    const stderr = openSync(errors, 'w');
    const child = spawn(process.execPath, [...shortLived, entries.standalone], {
      env: { PATH: process.env['PATH'], PARLEY_TEST_RUN: process.env['PARLEY_TEST_RUN'], PORT: String(port), DATA_DIR: dataDir },
      stdio: ['ignore', to === 'pipe' ? 'pipe' : full, stderr],
    });
    const closed = once(child, 'close');
    child.stdout?.destroy();
    closeSync(full);
    closeSync(stderr);
    await until('it is ready', () =>
      fetch(`http://127.0.0.1:${port}/ready`).then(
        ({ ok }) => ok,
        () => false,
      ),
    );
    child.kill('SIGTERM');
    expect([to, ...(await closed)]).toEqual([to, 0, null]);
    expect(readFileSync(errors, 'utf8')).toBe('');
  }
});
