import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { asLines, makeZip, mattermostLines, openWebUiChats, slackExport } from '@parley/api/testing-imports';
import { createPostgresDb } from '@parley/db/postgres';
import { createTestDatabase } from '@parley/db/testing';
import { docsPage } from './harness/docs-pages.js';
import { register } from './harness/person.js';
import { startProcess, type RunningProcess } from './harness/processes.js';

let home: string;
let started: RunningProcess[] = [];

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'parley-imports-'));
  await makeZip(join(home, 'export.zip'), slackExport);
  await writeFile(join(home, 'export.jsonl'), asLines(mattermostLines));
  await writeFile(join(home, 'chats.json'), JSON.stringify(openWebUiChats));
  await writeFile(join(home, 'all-chats.json'), JSON.stringify(openWebUiChats.map((chat) => ({ ...(chat as object), user_id: 'u-2' }))));
  await writeFile(join(home, 'users.csv'), 'id,name,email,role\nu-2,Bob,bob@example.org,user\n');
});
afterEach(async () => {
  await Promise.all(started.map((running) => running.stop()));
  started = [];
});
afterAll(() => rm(home, { recursive: true, force: true }));

async function startEmbedded(dataDir: string) {
  const running = startProcess('standalone', { LOG_LEVEL: 'warn', REGISTRATION: 'open', PORT: '0', DATA_DIR: dataDir });
  started.push(running);
  const [, url] = await running.printed(/Parley is at (http\S+)/);
  return { running, url: url! };
}

function command(variables: Record<string, string>, args: string[]) {
  const running = startProcess('import', variables, { args, cwd: home });
  started.push(running);
  return running;
}

/** Commands of docs/imports.md, and which of them a test has run. */
const documented = new Map((await docsPage('imports')).match(/^npm run import -- .*$/gm)!.map((line) => [line, false]));

async function asDocumented(line: string, variables: Record<string, string>) {
  expect([...documented.keys()]).toContain(line);
  documented.set(line, true);
  const running = command(variables, line.slice('npm run import -- '.length).split(' '));
  const { code } = await running.exited;
  return { code, said: running.output() };
}

const done = (words: string) => ({ code: 0, said: expect.stringContaining(words) as string });

test('an embedded server that runs takes each kind of export as docs/imports.md says, and a stopped one goes on with it', async () => {
  const dataDir = join(home, 'data');
  const { running, url } = await startEmbedded(dataDir);
  await using ann = await register(url, 'ann');
  const [slack, matched, lines, chats, allChats] = [...documented.keys()] as [string, string, string, string, string];
  // Pages hear of rooms that their person is put into.
  expect(await asDocumented(slack, { DATA_DIR: dataDir })).toEqual(done('Imported 2 rooms with 11 messages.'));
  const names = async () => (await ann.http.rooms.list.query({ scope: 'joined' })).map(({ room }) => room.name).toSorted();
  expect(await names()).toEqual(['Lobby', 'general', 'old']);
  const [general] = (await ann.http.rooms.list.query({ scope: 'joined' })).filter(({ room }) => room.name === 'general');
  const { items } = await ann.http.messages.list.query({ roomId: general!.room.id, after: 0, limit: 100 });
  expect(items[1]).toMatchObject({
    author: { type: 'system', id: null, name: 'ann', imported: true },
    content: expect.stringContaining('Hello **bold**') as string,
    createdAt: '2023-11-14T22:15:00.000Z',
  });
  expect(items[2]!.replyTo).toBe(items[1]!.id);
  const found = await ann.http.messages.search.query({ query: 'tomorrow' });
  expect(found.items.map(({ content }) => content)).toEqual(['from tomorrow']);
  expect(await asDocumented(lines, { DATA_DIR: dataDir })).toEqual(done('Imported 1 rooms with 4 messages.'));
  expect(await asDocumented(chats, { DATA_DIR: dataDir })).toEqual(done('Imported 2 rooms with 5 messages.'));
  expect(await names()).toEqual(['Lobby', 'Old', 'Tea or coffee', 'Town Square', 'general', 'old']);
  // Files are named in the report, which is beside the export.
  expect(await readFile(join(home, 'export.zip.report.jsonl'), 'utf8')).toContain('plan.pdf?t=xoxe-secret');
  await running.stop();

  expect(await asDocumented(matched, { DATA_DIR: dataDir })).toEqual(done('Imported 0 rooms with 0 messages.\n2 rooms were here already'));
  expect(await asDocumented(allChats, { DATA_DIR: dataDir })).toEqual(done('2 rooms were left out: none of those'));
  expect([...documented].filter(([, ran]) => !ran)).toEqual([]);

  const wrong = command({ DATA_DIR: dataDir }, ['teams', 'export.zip', '--owner', 'ann']);
  expect(await wrong.exited).toMatchObject({ code: 1 });
  expect(wrong.output()).toMatch(/^usage: npm run import/);
  const nobody = command({ DATA_DIR: dataDir }, ['slack', 'export.zip', '--owner', 'nobody']);
  expect(await nobody.exited).toMatchObject({ code: 1 });
  expect(nobody.output()).toBe('There is no account named “nobody”: name one by --owner, who is to own the rooms.\n');
});

test('an import into PostgreSQL that is killed goes on, with nothing twice and nothing missing', async () => {
  const database = await createTestDatabase();
  const variables = { DATABASE_URL: database.url };
  const handle = await createPostgresDb({ url: database.url, poolSize: 1 });
  try {
    // The first command of the operator migrates the database.
    const made = startProcess('admin', variables, { args: ['--invite'] });
    expect(await made.exited).toMatchObject({ code: 0 });
    await handle.db.$executeRaw`insert into handles (handle) values ('ann')`;
    await handle.db.$executeRaw`
      insert into users (id, username, display_name, avatar) values ('0199e5c4-7a3b-7c11-8a55-00000000000a', 'ann', 'Ann', '{"hue": 1, "glyph": null}')`;
    const count = 6_000;
    const messages = Array.from({ length: count }, (_, n) => ({
      type: 'message',
      user: 'U1ANN',
      text: `${n}`,
      ts: `17000${String(10_000 + n)}.000000`,
    }));
    await makeZip(join(home, 'long.zip'), {
      'users.json': slackExport['users.json'],
      'channels.json': [{ id: 'C9', name: 'long', creator: 'U1ANN', members: [] }],
      'long/2023-11-14.json': messages,
    });
    const args = ['slack', 'long.zip', '--owner', 'ann'];
    const written = async () => (await handle.db.$queryRaw<{ n: number }[]>`select count(*)::int as n from messages`)[0]!.n;
    const first = command(variables, args);
    await expect.poll(written, { interval: 5 }).toBeGreaterThan(0);
    // One at a time: the other would find the same rooms.
    const other = command(variables, args);
    await Promise.race([other.exited, first.exited]);
    first.signal('SIGKILL');
    await Promise.all([first.exited, other.exited]);
    const last = command(variables, args);
    expect(await last.exited).toMatchObject({ code: 0 });
    const rows = await handle.db.$queryRaw<{ seq: number; rev: number; content: string }[]>`
      select m.seq, m.rev, m.content from messages m join rooms r on r.id = m.room_id where r.name = 'long' order by m.seq limit 9999`;
    expect(rows.map(({ seq, rev }) => [seq, rev])).toEqual(rows.map((_, place) => [place + 1, place + 1]));
    expect(rows.slice(0, -1).map(({ content }) => content)).toEqual(messages.map(({ text }) => text));
    expect(rows).toHaveLength(count + 1);
  } finally {
    await handle.close();
    await database.drop();
  }
});
