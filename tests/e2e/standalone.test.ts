import { randomUUID } from 'node:crypto';
import { access, cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startProcess, type RunningProcess } from './harness/processes.js';
import type { Page } from 'playwright-core';
import { createAccount, openBrowser } from './harness/browser.js';
import { anonymous, connect, register } from './harness/person.js';

let dataDir: string;
let started: RunningProcess[] = [];
/** The data directory of a first start, closed. Tests copy it, because making one takes several seconds. */
let made: string;

beforeAll(async () => {
  made = await mkdtemp(join(tmpdir(), 'parley-standalone-'));
  dataDir = made;
  await (await start()).stop();
});
afterAll(() => rm(made, { recursive: true, force: true }));
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'parley-standalone-'));
  await cp(made, dataDir, { recursive: true });
  started = [];
});
afterEach(async () => {
  await Promise.all(started.map((running) => running.stop()));
  await rm(dataDir, { recursive: true, force: true });
});

async function start(variables: Record<string, string> = {}) {
  const running = startProcess('start', { PORT: '0', DATA_DIR: dataDir, BUILT_IN_WORDS_PER_SECOND: '0', ...variables });
  started.push(running);
  const [, url] = await running.printed(/Parley is at (http\S+)/);
  return { ...running, url: url! };
}

function fails(variables: Record<string, string>) {
  const running = startProcess('standalone', { PORT: '0', DATA_DIR: dataDir, ...variables });
  started.push(running);
  return running;
}

describe('the embedded shape', () => {
  test('killed in the middle of sends, five times, it has every acknowledged message, once, and goes on', async () => {
    const acknowledged = new Map<string, string>();
    let server = await start();
    const account = await register(server.url, 'kay');
    const { id: roomId } = await account.http.rooms.create.mutate({ name: 'Kill' });
    await account[Symbol.asyncDispose]();
    for (let round = 0; round < 5; round++) {
      const { accessToken, refreshToken } = await connect(server.url, account).http.auth.refresh.mutate({
        refreshToken: account.refreshToken,
      });
      Object.assign(account, { accessToken, refreshToken });
      const person = connect(server.url, account);
      let sent = 0;
      let dead = false;
      const senders = Array.from({ length: 8 }, async () => {
        while (!dead) {
          const content = `round ${round} message ${sent++}`;
          try {
            const { message } = await person.http.messages.send.mutate({ roomId, clientId: randomUUID(), content });
            acknowledged.set(message!.id, content);
            if (acknowledged.size === (round + 1) * 40) server.signal('SIGKILL');
          } catch {
            dead = true;
          }
        }
      });
      expect(await server.exited).toMatchObject({ signal: 'SIGKILL' });
      await Promise.all(senders);
      await person[Symbol.asyncDispose]();
      server = await start();
    }
    const { accessToken } = await connect(server.url, account).http.auth.refresh.mutate({ refreshToken: account.refreshToken });
    const person = connect(server.url, { ...account, accessToken });
    const found = new Map<string, string>();
    const seqs: number[] = [];
    let after = 0;
    for (;;) {
      const page = await person.http.messages.list.query({ roomId, after, limit: 100 });
      for (const { id, content, seq } of page.items) {
        expect(found.has(id)).toBe(false);
        found.set(id, content);
        seqs.push(seq);
      }
      if (!page.hasAfter) break;
      after = page.items.at(-1)!.seq;
    }
    expect(acknowledged.size).toBeGreaterThanOrEqual(200);
    for (const [id, content] of acknowledged) expect(found.get(id)).toBe(content);
    expect(seqs).toEqual(seqs.map((_, index) => index + 1));
  });

  test('a second instance on a live data directory is refused with one line, also after a kill -9, and whatever the pid file of another says', async () => {
    const first = await start();
    const second = fails({});
    expect((await second.exited).code).toBe(1);
    expect(second.output().trim().split('\n')).toHaveLength(1);
    expect(second.output()).toContain(dataDir);
    first.signal('SIGKILL');
    await first.exited;
    // If the lock were a pid file, it would now name a process that lives: this one.
    await writeFile(join(dataDir, 'pglite', 'postmaster.pid'), `${process.pid}\n`);
    const again = await start();
    const third = fails({});
    expect((await third.exited).code).toBe(1);
    expect((await fetch(`${again.url}/ready`)).status).toBe(200);
  });

  test('a port in use, a directory that cannot be written and a bad variable are one clear line each, and code 1', async () => {
    const busy = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => busy.once('listening', resolve));
    const { port } = busy.address() as AddressInfo;
    const cases: [Record<string, string>, RegExp][] = [
      [{ PORT: String(port) }, new RegExp(`^Port ${port} .*in use.*PORT`)],
      [{ PORT: 'eighty' }, /^PORT: expected a port number.*"eighty"/],
      [{ HOST: 'nowhere.invalid' }, /^“nowhere.invalid” is no name of a machine .*HOST/],
      [{ REGISTRATION: 'maybe' }, /^REGISTRATION: expected open, invite or closed; it is "maybe"/],
      // Root may write everywhere except here.
      [{ DATA_DIR: '/proc/parley/data' }, /\/proc\/parley\/data/],
      [{ DATA_DIR: '/dev/null/parley' }, /\/dev\/null\/parley/],
    ];
    try {
      for (const [variables, line] of cases) {
        const running = fails({ LOG_LEVEL: 'silent', ...variables });
        expect((await running.exited).code).toBe(1);
        const lines = running.output().trim().split('\n');
        expect(lines).toHaveLength(1);
        expect(lines[0]).toMatch(line);
      }
    } finally {
      busy.close();
    }
  });

  test('a start that fails, again and again, takes no reply with it', async () => {
    const first = await start({ BUILT_IN_WORDS_PER_SECOND: '1', REPLY_LEASE_MS: '300' });
    const account = await register(first.url, 'ro');
    const { id: roomId } = await account.http.rooms.create.mutate({ name: 'Restarts' });
    const reading = account.read(roomId);
    await account.http.messages.send.mutate({ roomId, clientId: randomUUID(), content: '/ask What is said of failed starts here?' });
    await reading.events.until((items) => items.some(({ data }) => data.type === 'delta'));
    reading.stop();
    first.signal('SIGKILL');
    await first.exited;
    await account[Symbol.asyncDispose]();

    const busy = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => busy.once('listening', resolve));
    try {
      for (let i = 0; i < 3; i++) {
        const failing = fails({ PORT: String((busy.address() as AddressInfo).port), REPLY_LEASE_MS: '300' });
        expect((await failing.exited).code).toBe(1);
      }
    } finally {
      busy.close();
    }
    const again = await start();
    const { accessToken } = await connect(again.url, account).http.auth.refresh.mutate({ refreshToken: account.refreshToken });
    await using person = connect(again.url, { ...account, accessToken });
    const rest = person.read(roomId, 0);
    const isEnd = ({ data }: (typeof rest.events.items)[number]) => data.type === 'message' && data.message.status === 'complete';
    await rest.events.until((items) => items.some(isEnd));
    expect(rest.events.items.find(isEnd)!.data).toMatchObject({ message: { attempt: 2 } });
  });

  test('/summary by the built-in model streams to everyone and cites what it summarises', async () => {
    const server = await start();
    await using bo = await register(server.url, 'bo');
    await using cy = await register(server.url, 'cy');
    const { id: roomId } = await bo.http.rooms.create.mutate({ name: 'Release' });
    await cy.http.rooms.join.mutate({ roomId });
    const reader = cy.read(roomId);
    await reader.events.until((items) => items.length > 0);
    const said = [
      'Migration is green on staging. I would ship Friday, but the importer still takes 40 s for a gigabyte.',
      'The importer reads the file twice. One pass is enough for the importer.',
      'Nobody has said who reviews the one-pass importer.',
      'Lunch is at noon.',
    ];
    for (const content of said) await bo.http.messages.send.mutate({ roomId, clientId: randomUUID(), content });
    await bo.http.messages.send.mutate({ roomId, clientId: randomUUID(), content: '/summary' });
    await reader.events.until((items) => items.some(({ data }) => data.type === 'message' && data.message.status === 'complete'));
    const end = reader.events.items.map(({ data }) => data).find((data) => data.type === 'message' && data.message.status === 'complete');
    const content = end?.type === 'message' ? end.message.content : '';
    expect(content).toMatch(/importer/);
    expect(content).toMatch(/\[[^\]]*bo[^\]]*\]\(#message-[0-9a-f-]{36}\)/i);
    expect(reader.events.items.some(({ data }) => data.type === 'delta')).toBe(true);
  });

  test('a default model without its key and a variable with a slip in its name are said at the start', async () => {
    const server = await start({ DEFAULT_MODEL: 'anthropic:claude-x', LOGLEVEL: 'debug' });
    await server.printed(/LOGLEVEL is no variable of Parley and does nothing: did you mean LOG_LEVEL\?/);
    const [said] = await server.printed(/the default model cannot answer: [^"]*/);
    expect(said).toContain('No key is set for “anthropic”. Set ANTHROPIC_API_KEY or ANTHROPIC_BASE_URL on the server.');
  });

  test('addresses of servers, which this shape has no use for, are named at the start with where the data is', async () => {
    const server = await start({ DATABASE_URL: 'postgresql://parley@127.0.0.1:1/parley', NATS_URL: 'nats://127.0.0.1:1' });
    const [said] = await server.printed(/DATABASE_URL, NATS_URL: not used by “npm start”[^"]*/);
    expect(said).toContain(dataDir);
    expect(said).toContain('“npm run api” and “npm run worker” use them');
    expect((await fetch(`${server.url}/ready`)).status).toBe(200);
  });

  test('arguments, which it takes none of, are answered with the way to set variables, before anything starts', async () => {
    const running = startProcess('start', { PORT: '0', DATA_DIR: dataDir }, { args: ['--port', '4000'] });
    started.push(running);
    expect((await running.exited).code).toBe(1);
    expect(running.output().trim()).toBe(
      '“npm start” takes no arguments, and was given “--port” “4000”. Set variables, for example: PORT=3001 npm start (README.md lists them).',
    );
  });

  test('the operator’s command makes no database where its DATA_DIR has none, and names who has no account', async () => {
    const missing = join(dataDir, 'elsewhere');
    const nowhere = startProcess('admin', { DATA_DIR: missing }, { args: ['--invite'] });
    started.push(nowhere);
    expect((await nowhere.exited).code).toBe(1);
    expect(nowhere.output().trim()).toBe(
      `There is no database in ${missing}. Set DATA_DIR to the data directory of your server; “npm start” makes one.`,
    );
    await expect(access(missing)).rejects.toMatchObject({ code: 'ENOENT' });
    for (const args of [['nobody'], ['--key', 'nobody'], ['--reset', 'nobody'], ['--disable', 'nobody']]) {
      const running = startProcess('admin', { DATA_DIR: dataDir }, { args });
      started.push(running);
      expect({ code: (await running.exited).code, said: running.output().trim() }).toEqual({
        code: 1,
        said: 'There is no account named “nobody”.',
      });
    }
  });

  test('the operator’s command works while the server runs, and what it changes is true at once', async () => {
    const admin = async (...args: string[]) => {
      const running = startProcess('admin', { DATA_DIR: dataDir }, { args });
      started.push(running);
      const { code } = await running.exited;
      return { code, said: running.output().trim() };
    };
    const server = await start({ REGISTRATION: 'invite', SESSION_SWEEP_MS: '600000' });
    const { said: invite } = await admin('--invite');
    const password = 'a password for amy';
    const amy = await anonymous(server.url).auth.register.mutate({ username: 'amy', password, invite });
    await using person = connect(server.url, { id: amy.user.id, username: 'amy', accessToken: amy.accessToken, refreshToken: '' });
    await person.socket.auth.me.query();
    expect(await admin('amy')).toEqual({ code: 0, said: 'amy is an admin now.' });
    // Sockets that were open before are told to come back as what their person is now.
    await person.closes.until((codes) => codes.includes(4100));
    expect(await person.http.auth.me.query()).toMatchObject({ role: 'admin' });
    const inOffice = await anonymous(server.url).auth.login.mutate({ username: 'amy', password });
    await using office = connect(server.url, { id: amy.user.id, username: 'amy', accessToken: inOffice.accessToken, refreshToken: '' });
    await office.socket.auth.me.query();
    const { said: key } = await admin('--key', 'amy');
    await using script = connect(server.url, { id: amy.user.id, username: 'amy', accessToken: key, refreshToken: '' });
    expect(await script.http.rooms.create.mutate({ name: 'Made by a script' })).toMatchObject({ memberCount: 1 });
    const { said: newPassword } = await admin('--reset', 'amy');
    await office.closes.until((codes) => codes.includes(4500));
    await expect(anonymous(server.url).auth.login.mutate({ username: 'amy', password })).rejects.toThrow();
    const again = await anonymous(server.url).auth.login.mutate({ username: 'amy', password: newPassword });
    await using back = connect(server.url, { id: amy.user.id, username: 'amy', accessToken: again.accessToken, refreshToken: '' });
    await back.socket.auth.me.query();
    expect(await admin('--disable', 'amy')).toEqual({ code: 0, said: 'amy is signed out and disabled.' });
    await back.closes.until((codes) => codes.includes(4500));
    expect(await admin('nobody')).toEqual({ code: 1, said: 'There is no account named “nobody”.' });
    await server.stop();
    // The server's log tells what the command did, and where to find it.
    const lines = server
      .output()
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    for (const line of lines) expect(line).toMatchObject({ app: 'standalone', instanceId: lines[0]!['instanceId'] });
    expect(lines[0]!['instanceId']).toMatch(/./);
    expect(lines.find(({ msg }) => msg === 'ready')).toMatchObject({
      url: server.url,
      registration: 'invite',
      defaultModel: expect.any(String),
    });
    const operators = lines.filter((line) => 'event' in line && !('address' in line));
    expect(operators.map(({ event, username }) => [event, username])).toEqual([
      ['invitation made', undefined],
      ['admin made', 'amy'],
      ['key made', undefined],
      ['password reset', 'amy'],
      ['account disabled', 'amy'],
    ]);
    expect(await admin('--enable', 'amy')).toEqual({ code: 0, said: 'amy may sign in again.' });
  });

  test('where others can come, the link that the start prints makes the admin in the page, and nothing else makes an account', async () => {
    const server = await start({ TRUST_PROXY: 'true' });
    await server.printed(/"registration":"closed"/);
    const [, link] = await server.printed(/Make the first account, an admin, at (http\S+)/);
    await using stranger = await openBrowser();
    await stranger.page.goto(server.url);
    await signUp(stranger.page, 'stranger');
    await stranger.page.getByRole('alert').filter({ hasText: 'Registration is closed' }).waitFor();
    await using root = await openBrowser();
    await root.page.goto(link!);
    await signUp(root.page, 'root');
    await root.page.getByRole('navigation', { name: 'Rooms' }).waitFor();
    const { accessToken } = await anonymous(server.url).auth.login.mutate({ username: 'root', password: 'password of root' });
    await using person = connect(server.url, { id: '', username: 'root', accessToken, refreshToken: '' });
    expect(await person.http.auth.me.query()).toMatchObject({ role: 'admin' });
    // The link is used up.
    await stranger.page.goto(link!);
    await signUp(stranger.page, 'stranger');
    await stranger.page.getByRole('alert').filter({ hasText: 'Registration is closed' }).waitFor();
  });

  test('two servers on one host, in one browser: neither signs the other out', async () => {
    await using browser = await openBrowser();
    const { context, page: mine } = browser;
    const servers = [await start(), await start({ DATA_DIR: join(dataDir, 'other') })];
    const [own, other] = servers.map(({ url }) => new URL(url)) as [URL, URL];
    expect(own.hostname).toBe(other.hostname);
    await createAccount(mine, own.href, 'anna');
    const theirs = await context.newPage();
    await createAccount(theirs, other.href, 'ben');
    const isThere = async (page: Page, name: string) => {
      await page.reload();
      await page.getByRole('navigation', { name: 'Rooms' }).waitFor();
      await page.getByText(name, { exact: true }).first().waitFor();
    };
    // Each reload exchanges a token.
    for (let round = 0; round < 2; round++) {
      await isThere(mine, 'anna');
      await isThere(theirs, 'ben');
    }
    const cookies = async () => (await context.cookies([`${own.href}trpc/`])).map(({ name }) => name).toSorted();
    const names = [own, other].map(({ port }) => `parley_refresh_${port}`);
    expect(await cookies()).toEqual(['parley_refresh', ...names].toSorted());

    await theirs.getByRole('button', { name: 'Settings' }).first().click();
    await theirs.getByRole('menuitem', { name: 'Sign out' }).click();
    await theirs.getByLabel('Password').waitFor();
    expect(await cookies()).not.toContain(names[1]);
    await isThere(mine, 'anna');
    await theirs.reload();
    await theirs.getByLabel('Password').waitFor();
  });
});

async function signUp(page: Page, username: string): Promise<void> {
  await page.getByLabel('Username').fill(username);
  await page.getByLabel('Password').fill(`password of ${username}`);
  await page.getByRole('button', { name: 'Create account' }).click();
}
