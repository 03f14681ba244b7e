import { randomUUID } from 'node:crypto';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { createTestDatabase } from '@parley/db/testing';
import { docsPage } from './harness/docs-pages.js';
import { anonymous, connect, register, type Person } from './harness/person.js';
import { startProcess, type RunningProcess } from './harness/processes.js';
import { required } from './harness/servers.js';

let home: string;
let started: RunningProcess[] = [];

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'parley-keeping-'));
});
afterEach(async () => {
  await Promise.all(started.map((running) => running.stop()));
  started = [];
});
afterAll(() => rm(home, { recursive: true, force: true }));

const quick = { LOG_LEVEL: 'info', REPLY_SWEEP_MS: '200', REGISTRATION: 'open' };

async function startEmbedded(dataDir: string, variables: Record<string, string> = {}) {
  const running = startProcess('standalone', { ...quick, PORT: '0', DATA_DIR: dataDir, ...variables });
  started.push(running);
  const [, url] = await running.printed(/Parley is at (http\S+)/);
  return { running, url: url! };
}

async function startDistributed(databaseUrl: string, variables: Record<string, string> = {}) {
  const shared = {
    ...quick,
    PORT: '0',
    DATABASE_URL: databaseUrl,
    NATS_URL: required('TEST_NATS_URL'),
    REDIS_URL: required('TEST_REDIS_URL'),
    PARLEY_ENV: `e2e-${randomUUID().slice(0, 12)}`,
    SESSION_SECRET: randomUUID().repeat(2),
    ...variables,
  };
  const [api, worker] = [startProcess('api', shared), startProcess('worker', shared)];
  started.push(api, worker);
  const [[, url]] = await Promise.all([api.printed(/"url":"(http[^"]+)"[^\n]*"msg":"ready"/), worker.printed(/"msg":"ready"/)]);
  return { running: [api, worker], url: url! };
}

/** A command of the operator, to its end. */
async function command(entry: 'backup' | 'restore' | 'move', variables: Record<string, string>, ...args: string[]) {
  const running = startProcess(entry, variables, { args, cwd: home });
  started.push(running);
  const { code } = await running.exited;
  return { code, said: running.output() };
}

/** Commands of docs/backup.md, and which of them a test has run. */
const documented = new Map((await docsPage('backup')).match(/^npm run .*$/gm)!.map((line) => [line, false]));

/** Runs a command as docs/backup.md has it, with another name for a file or a place. */
async function asDocumented(line: string, variables: Record<string, string>, others: Record<string, string> = {}) {
  expect([...documented.keys()]).toContain(line);
  documented.set(line, true);
  const [, name, rest = ''] = /^npm run (backup|restore|move)(?: -- (.*))?$/.exec(line)!;
  const args = rest === '' ? [] : rest.split(' ').map((word) => others[word] ?? word);
  return command(name as 'backup' | 'restore' | 'move', variables, ...args);
}

/** Eight who send until they are stopped. What was acknowledged is kept by its id, in order. */
function sendMuch(person: Person, roomId: string) {
  const acknowledged: { id: string; seq: number; content: string }[] = [];
  const waiting = new Set<() => void>();
  let stopped = false;
  const senders = Array.from({ length: 8 }, async (_, sender) => {
    for (let n = 0; !stopped; n++) {
      const content = `${sender} says ${n}`;
      const sent = await person.http.messages.send.mutate({ roomId, clientId: randomUUID(), content }).catch(() => null);
      if (!sent) continue;
      acknowledged.push({ id: sent.message!.id, seq: sent.message!.seq, content });
      for (const look of waiting) look();
    }
  });
  return {
    acknowledged,
    /** Resolves when so many more were acknowledged. */
    more: (count: number) =>
      new Promise<void>((resolve) => {
        const wanted = acknowledged.length + count;
        const look = () => {
          if (acknowledged.length < wanted) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        look();
      }),
    async stop() {
      stopped = true;
      await Promise.all(senders);
    },
  };
}

async function allMessages(person: Person, roomId: string) {
  const found: { id: string; seq: number; kind: string; content: string; status: string | null }[] = [];
  for (let after = 0; ;) {
    const page = await person.http.messages.list.query({ roomId, after, limit: 100 });
    found.push(...page.items);
    if (!page.hasAfter) return found;
    after = page.items.at(-1)!.seq;
  }
}

interface Shape {
  start(variables?: Record<string, string>): Promise<{ url: string; kill(): Promise<void> }>;
  variables: Record<string, string>;
  /** What holds after a backup. */
  backedUp?(): Promise<void>;
  /** Loses all that is stored. */
  lose(): Promise<void>;
}

/** Under load: back up, lose everything, restore. What was acknowledged before the backup began is there, and nothing twice. */
async function survives(shape: Shape, file: string): Promise<{ url: string; roomId: string }> {
  // A model that says a word in ten seconds: the answer is under way when everything is lost.
  const first = await shape.start({ BUILT_IN_WORDS_PER_SECOND: '0.1' });
  const account = await register(first.url, 'kay');
  const { id: roomId } = await account.http.rooms.create.mutate({ name: 'Kept' });
  const asked = await account.http.messages.send.mutate({ roomId, clientId: randomUUID(), content: '/ask What is kept here?' });
  const replyId = asked.replies[0]!.id;
  const load = sendMuch(account, roomId);
  await load.more(60);
  const before = [...load.acknowledged];
  const others = { 'monday.gz': file };
  expect(await asDocumented('npm run backup -- monday.gz', shape.variables, others)).toEqual({
    code: 0,
    said: expect.stringContaining(`${file} has all of `) as string,
  });
  await load.more(8);
  await shape.backedUp?.();
  await first.kill();
  await load.stop();
  await account[Symbol.asyncDispose]();
  await shape.lose();

  expect(await asDocumented('npm run restore -- monday.gz', shape.variables, others)).toEqual({
    code: 0,
    said: expect.stringMatching(/ has what .* holds: \d+ rows of /) as string,
  });
  const second = await shape.start({ BUILT_IN_WORDS_PER_SECOND: '0' });
  const { user, accessToken } = await anonymous(second.url).auth.login.mutate({ username: 'kay', password: 'password of kay' });
  await using person = connect(second.url, { ...account, accessToken });
  expect(user.id).toBe(account.id);
  // Whoever was signed in still is.
  await connect(second.url, account).http.auth.refresh.mutate({ refreshToken: account.refreshToken });
  const found = await allMessages(person, roomId);
  expect(found.map(({ seq }) => seq)).toEqual(found.map((_, index) => index + 1));
  expect(new Set(found.map(({ id }) => id)).size).toBe(found.length);
  const byId = new Map(found.map(({ id, seq, content }) => [id, { seq, content }]));
  for (const { id, seq, content } of before) expect(byId.get(id)).toEqual({ seq, content });
  // The backup is of one moment: of what was acknowledged later, it has all up to that moment and nothing after it.
  const last = found.at(-1)!.seq;
  for (const { id, seq } of load.acknowledged) expect([seq, byId.has(id)]).toEqual([seq, seq <= last]);
  await expect
    .poll(async () => (await allMessages(person, roomId)).filter(({ kind }) => kind === 'reply').map(({ id, status }) => ({ id, status })))
    .toEqual([{ id: replyId, status: 'complete' }]);
  // It goes on where it was.
  const { message } = await person.http.messages.send.mutate({ roomId, clientId: randomUUID(), content: 'and on' });
  expect(message!.seq).toBeGreaterThan(last);
  return { url: second.url, roomId };
}

/**
 * All that people can take with them, and rooms, as files; without the times at which they were asked for, and without the sign-ins, of
 * which each question makes another.
 */
async function exportsOf(url: string, people: readonly string[]): Promise<Record<string, string>> {
  const files: Record<string, string> = {};
  for (const username of people) {
    const { accessToken } = await anonymous(url).auth.login.mutate({ username, password: `password of ${username}` });
    const get = async (path: string) => {
      const response = await fetch(`${url}${path}`, { headers: { authorization: `Bearer ${accessToken}` } });
      expect([path, response.status]).toEqual([path, 200]);
      const lines = (await response.text()).replace(/"exportedAt":"[^"]+"/, '"exportedAt":""').split('\n');
      return lines.filter((line) => !/^\{"type":"session"|"event":"session\.began"/.test(line)).join('\n');
    };
    const account = await get('/api/me/export');
    files[username] = account;
    for (const [, roomId] of account.matchAll(/"type":"membership","room":\{"id":"([^"]+)"/g))
      files[`${username} of ${roomId}`] = await get(`/api/rooms/${roomId}/export`);
  }
  return files;
}

test('an embedded server is backed up under load, lost, and restored, then moved to PostgreSQL and back', async () => {
  const dataDir = join(home, 'embedded');
  const { url, roomId } = await survives(
    {
      variables: { DATA_DIR: dataDir },
      async start(variables) {
        const { running, url } = await startEmbedded(dataDir, variables);
        return { url, kill: async () => (running.signal('SIGKILL'), void (await running.exited)) };
      },
      // The copy of which the backup was made is gone.
      async backedUp() {
        await expect.poll(() => readdir(join(dataDir, 'copies'))).toEqual([]);
      },
      lose: () => rm(dataDir, { recursive: true }),
    },
    join(home, 'embedded.gz'),
  );

  const people = ['kay', 'lou'];
  await using lou = await register(url, 'lou');
  const { accessToken } = await anonymous(url).auth.login.mutate({ username: 'kay', password: 'password of kay' });
  await using kay = connect(url, { ...lou, accessToken });
  await kay.http.rooms.addMember.mutate({ roomId, username: 'lou' });
  const { message } = await lou.http.messages.send.mutate({ roomId, clientId: randomUUID(), content: 'Zoë’s “\\u0000” 🙂\n\ttab' });
  await kay.http.messages.react.mutate({ messageId: message!.id, emoji: '👍', on: true });
  const before = await exportsOf(url, people);
  expect(Object.keys(before)).toHaveLength(6);
  await Promise.all(started.map((running) => running.stop()));

  const database = await createTestDatabase();
  try {
    const moved = {
      code: 0,
      said: expect.stringMatching(/ has all that .* has: \d+ rows, each compared\. .* is as it was\.\n$/) as string,
    };
    const toPostgres = 'npm run move -- --to postgresql://parley:…@db/parley';
    expect(await asDocumented(toPostgres, { DATA_DIR: dataDir }, { 'postgresql://parley:…@db/parley': database.url })).toEqual(moved);
    const distributed = await startDistributed(database.url);
    expect(await exportsOf(distributed.url, people)).toEqual(before);
    await Promise.all(started.map((running) => running.stop()));

    const back = join(home, 'back');
    expect(await asDocumented('npm run move -- --to data', { DATABASE_URL: database.url }, { data: back })).toEqual(moved);
    expect(await exportsOf((await startEmbedded(back)).url, people)).toEqual(before);
  } finally {
    await Promise.all(started.map((running) => running.stop()));
    await database.drop();
  }
});

test('a distributed one too, into another database, and from there into an embedded one', async () => {
  let database = await createTestDatabase();
  try {
    const variables = { DATABASE_URL: database.url };
    await survives(
      {
        variables,
        async start(more) {
          const { running, url } = await startDistributed(variables.DATABASE_URL, more);
          return {
            url,
            async kill() {
              for (const one of running) one.signal('SIGKILL');
              await Promise.all(running.map(({ exited }) => exited));
            },
          };
        },
        async lose() {
          await database.drop();
          database = await createTestDatabase();
          variables.DATABASE_URL = database.url;
        },
      },
      'distributed.gz',
    );
    const file = join(home, 'distributed.gz');
    // While a server runs, its database is not replaced under it; nor is one whose name was not given.
    const there = new URL(database.url);
    const name = `${there.host}${there.pathname}`;
    expect(await command('restore', variables, file)).toEqual({
      code: 1,
      said: `${name} has data of Parley already. Nothing of it was changed. To lose it: --drop ${name}\n`,
    });
    expect(await command('restore', variables, file, '--drop', 'another')).toEqual({
      code: 1,
      said: `--drop names another, and the backup would go to ${name}. Nothing was changed.\n`,
    });
    expect(await command('restore', variables, file, '--drop', name)).toEqual({
      code: 1,
      said: expect.stringMatching(
        /^\S+ is in use by parley-api-\S+, parley-worker: stop every API and worker first. Nothing was changed.\n$/,
      ) as string,
    });
    await Promise.all(started.map((running) => running.stop()));
    const others = { 'monday.gz': file, '/srv/parley/data': name };
    expect(await asDocumented('npm run restore -- monday.gz --drop /srv/parley/data', variables, others)).toMatchObject({ code: 0 });
    expect(await asDocumented('npm run backup', variables)).toMatchObject({ code: 0 });
    expect((await readdir(home)).filter((name) => /^parley-\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.backup\.gz$/.test(name))).toHaveLength(1);
    expect([...documented].filter(([, ran]) => !ran)).toEqual([]);

    const dataDir = join(home, 'from distributed');
    expect(await command('restore', { DATA_DIR: dataDir }, file)).toMatchObject({ code: 0 });
    const { url } = await startEmbedded(dataDir);
    await expect(anonymous(url).auth.login.mutate({ username: 'kay', password: 'password of kay' })).resolves.toMatchObject({
      user: { username: 'kay' },
    });
    expect((await stat(file)).mode & 0o777).toBe(0o600);
  } finally {
    await Promise.all(started.map((running) => running.stop()));
    await database.drop();
  }
});
