import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { appErrors, closeCodes } from '@parley/contracts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { root } from '../../scripts/lib/paths.mjs';
import { openBrowser } from './harness/browser.js';
import { patienceMs } from './harness/patience.js';
import { register, type Person } from './harness/person.js';
import { startProcess, startProgram, type RunningProcess } from './harness/processes.js';

const run = promisify(execFile);
let directory: string;
let server: RunningProcess;
let url: string;
let bot: Person;
let wire: string;
let events: string;
let sockets: string;
let chat: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'parley-readme-'));
  [wire, events, sockets, chat] = (await Promise.all(
    ['wire', 'events', 'sockets', 'chat'].map((name) => readFile(join(root, `docs/${name}.md`), 'utf8')),
  )) as [string, string, string, string];
  server = startProcess('start', { PORT: '0', DATA_DIR: join(directory, 'data'), BUILT_IN_WORDS_PER_SECOND: '0', LOG_LEVEL: 'trace' });
  [, url] = (await server.printed(/Parley is at (http\S+)/)) as [string, string];
  bot = await register(url, 'bot');
});
afterAll(async () => {
  await bot?.[Symbol.asyncDispose]();
  await server?.stop();
  await rm(directory, { recursive: true, force: true });
});

/** The code blocks of a page in this language that contain a text, with what stands for a password put in. */
function snippets(language: string, containing: string, page: string): string[] {
  const found = [...page.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'gms'))].map(([, code]) => code!);
  return found.filter((code) => code.includes(containing)).map((code) => code.replace(/(password"?: ['"])…/, '$1password of bot'));
}

test('the program of docs/wire.md compiles as a folder in apps, with its two files, and follows an answer', async () => {
  const app = join(directory, 'apps/bot');
  await mkdir(join(app, 'src'), { recursive: true });
  for (const name of ['node_modules', 'packages', 'apps/api', 'tsconfig.base.json']) await symlink(join(root, name), join(directory, name));
  const [program] = snippets('ts', 'createParleyClient', wire);
  await writeFile(join(app, 'src/main.ts'), program!.replace('http://127.0.0.1:3000', url));
  const [manifest] = snippets('json', '"bot"', wire);
  await writeFile(join(app, 'package.json'), manifest!);
  const { dependencies, devDependencies } = JSON.parse(manifest!) as Record<string, object>;
  expect(Object.keys({ ...dependencies, ...devDependencies })).toEqual(['@parley/client', 'ws', '@types/ws']);
  const [config] = snippets('json', 'tsconfig.base.json', wire);
  await writeFile(join(app, 'tsconfig.json'), config!);
  const compiled = await run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', app]).catch(
    (error: { stdout: string }) => error,
  );
  expect(compiled.stdout).toBe('');

  const running = startProgram(join(app, 'dist/main.js'));
  try {
    await running.printed(/bot: \/summary/);
    await running.printed(/Ada: There is nothing to summarise/);
  } finally {
    await running.stop();
  }
});

/** Runs a command of a page in a shell. */
async function sh(command: string, env: Record<string, string> = {}): Promise<unknown> {
  return JSON.parse((await run('bash', ['-c', command], { env: { ...process.env, ...env } })).stdout);
}

/** What JSON is made of: its fields, and of what kind each is. What an array has in it may differ from time to time. */
function formOf(value: unknown): unknown {
  if (Array.isArray(value)) return 'array';
  if (value !== null && typeof value === 'object')
    return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, key === 'type' || key === 'code' ? part : formOf(part)]));
  if (typeof value !== 'string') return value === null ? 'null' : typeof value;
  if (/^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/.test(value)) return 'id';
  return Number.isNaN(Date.parse(value)) || !/T.*Z$/.test(value) ? 'string' : 'instant';
}

/** The JSON of these lines, each after what stands before it. */
const jsonLines = (text: string, before = ''): { type?: string }[] =>
  text.split('\n').flatMap((line) => (line.startsWith(`${before}{`) ? [JSON.parse(line.slice(before.length)) as { type?: string }] : []));

/** Expects that what a page says is printed is printed in that form. */
function expectForms(said: { type?: string }[], printed: { type?: string }[]): void {
  for (const each of said) {
    const form = formOf(each);
    const alike = printed.filter(({ type }) => type === each.type).map(formOf);
    expect(alike).toContainEqual(form);
  }
}

/** Runs a command of a page that does not end, until what it printed has all of this. */
async function follow(command: string, env: Record<string, string>, patterns: RegExp[]): Promise<string> {
  const running = startProgram('-c', { command: 'bash', args: [command.replaceAll('localhost:3000', url)], env });
  try {
    for (const pattern of patterns) await running.printed(pattern);
    return running.output();
  } finally {
    await running.stop();
  }
}

/** A page’s program in a file of its own. */
async function program(code: string): Promise<string> {
  const file = join(directory, `program-${randomUUID()}.mjs`);
  await symlink(join(root, 'node_modules'), join(directory, 'node_modules')).catch(() => {});
  await writeFile(file, code.replace('ws://127.0.0.1:3000', url.replace('http', 'ws')));
  return file;
}

test('docs/chat.md: something is said, and the answer is read, as it says', async () => {
  const variables = { TOKEN: bot.accessToken };
  const accepted = (await sh(snippets('sh', '/api/chat', chat)[0]!.replaceAll('localhost:3000', url), variables)) as object;
  const [saidAccepted] = snippets('json', '"accepted"', chat);
  expect(formOf(accepted)).toEqual(formOf(JSON.parse(saidAccepted!)));
  const output = await follow(snippets('sh', '/api/sse', chat)[0]!, variables, [/event: message_complete\ndata: .*/]);
  const formsOf = (text: string) =>
    new Set(
      [...text.matchAll(/^event: (\w+)\ndata: (.*)$/gm)].map(([, event, data]) => JSON.stringify([event, formOf(JSON.parse(data!))])),
    );
  expect([...formsOf(output)]).toEqual(expect.arrayContaining([...formsOf(snippets('text', 'event: chunk', chat)[0]!)]));
  expect(output.startsWith('retry: 1000\n\nid: ')).toBe(true);
});

describe('docs/events.md', () => {
  let variables: { TOKEN: string; ROOM: string };
  const say = (content: string) => bot.http.messages.send.mutate({ roomId: variables.ROOM, clientId: randomUUID(), content });
  beforeAll(async () => {
    variables = { TOKEN: bot.accessToken, ROOM: (await bot.http.rooms.create.mutate({ name: 'Events' })).id };
  });

  test('a room is followed as it says, and gone on with after the last id', async () => {
    await say('Hello');
    const [fromStart, goOn] = [snippets('sh', 'after=0', events)[0]!, snippets('sh', 'last-event-id', events)[0]!];
    const output = await follow(fromStart, variables, [/"content":"Hello"/]);
    const [said] = snippets('text', '"type":"hello"', events);
    expect(output.startsWith('retry: 1000\n\nid: 0:')).toBe(true);
    expectForms(jsonLines(said!, 'data: '), jsonLines(output, 'data: '));
    const LAST = /^id: (\d+)\ndata: \{"type":"message"/m.exec(output)![1]!;
    await say('Meanwhile');
    const rest = await follow(goOn, { ...variables, LAST }, [/"content":"Meanwhile"/]);
    expect(rest).not.toContain('"content":"Hello"');
  });

  test('the inbox is followed as it says', async () => {
    const [inbox] = snippets('sh', 'inbox/events', events);
    const output = await follow(inbox!, variables, [/"type":"server"/]);
    const [said] = snippets('text', '"type":"snapshot"', events);
    expectForms(jsonLines(said!, 'data: '), jsonLines(output, 'data: '));
  });

  test('a browser’s own EventSource reads by a ticket, and is told of the end, as it says', async () => {
    const guest = await register(url, 'guest');
    await using _guest = guest;
    await guest.http.rooms.join.mutate({ roomId: variables.ROOM });
    const [ask] = snippets('sh', 'stream-tickets', events);
    const ticket = (await sh(ask!.replaceAll('localhost:3000', url), { ...variables, TOKEN: guest.accessToken })) as { path: string };
    const [said] = snippets('json', '"ticket"', events);
    expect(formOf(ticket)).toEqual(formOf(JSON.parse(said!)));
    expect(ticket.path).toMatch(new RegExp(`^/api/rooms/${variables.ROOM}/events\\?ticket=`));
    await using browser = await openBrowser();
    const { page } = browser;
    const logged: string[] = [];
    page.on('console', (message) => logged.push(message.text()));
    await page.goto(`${url}/sign-in`);
    const [code] = snippets('js', 'EventSource', events);
    await page.evaluate(`const path = ${JSON.stringify(ticket.path)};\n${code}`);
    await expect.poll(() => logged, { timeout: patienceMs }).toContainEqual(expect.stringMatching(/^\S+ hello$/));
    await say('Seen by a browser');
    await expect.poll(() => logged, { timeout: patienceMs }).toContainEqual(expect.stringMatching(/^\d+ message$/));
    await guest.http.auth.logout.mutate({});
    await expect.poll(() => logged, { timeout: patienceMs }).toContain('SESSION_REVOKED');
    expect(server.output()).not.toContain(new URL(ticket.path, url).searchParams.get('ticket'));
    const [problem] = snippets('text', 'event: problem', events);
    const refused = await fetch(`${url}${ticket.path}`);
    expect([refused.status, formOf(await refused.json())]).toEqual([401, formOf(jsonLines(problem!, 'data: ')[0])]);
  });

  test('each reason that ends a stream is an error that there is', () => {
    const codes = [...events.matchAll(/^\| `([A-Z_]+)` \|/gm)].map(([, code]) => code!);
    expect(codes.length).toBeGreaterThan(3);
    for (const code of codes) expect(Object.keys(appErrors)).toContain(code);
  });
});

describe('docs/sockets.md', () => {
  test('a socket is spoken to as it says, and opened by a ticket', async () => {
    const { id: roomId } = await bot.http.rooms.create.mutate({ name: 'Sockets' });
    await bot.http.messages.send.mutate({ roomId, clientId: randomUUID(), content: 'Ships come at four in the harbour.' });
    const [code] = snippets('js', '/ws?roomID', sockets);
    const running = startProgram(await program(code!), { args: [bot.accessToken, roomId] });
    const [said] = snippets('text', '"type":"connection"', sockets);
    const frames = jsonLines(said!);
    try {
      for (const { type } of frames) await running.printed(new RegExp(`"type":"${type}"`));
      expectForms(frames, jsonLines(running.output()));
      expect(running.output().startsWith('{"type":"connection"')).toBe(true);
    } finally {
      await running.stop();
    }
    const [ask] = snippets('sh', 'stream-tickets', sockets);
    const ticket = (await sh(ask!.replaceAll('localhost:3000', url), { TOKEN: bot.accessToken, ROOM: roomId })) as { path: string };
    const [form] = snippets('json', '"ticket"', sockets);
    expect(formOf(ticket)).toEqual(formOf(JSON.parse(form!)));
    const again = startProgram(
      await program(code!.replace(/`ws:.*`/, `'${url.replace('http', 'ws')}${ticket.path}'`).replace(/socket\.on\('open'.*/, '')),
    );
    try {
      await again.printed(/"type":"connection"/);
      expect(server.output()).not.toContain(new URL(ticket.path, url).searchParams.get('token'));
    } finally {
      await again.stop();
    }
  });

  test('every way of being closed stands there', () => {
    expect([...sockets.matchAll(/^\| (4\d{3}) \|/gm)].map(([, code]) => Number(code))).toEqual(Object.values(closeCodes));
  });
});

test('what docs/rest.md shows is answered as it says, from the account to the search', async () => {
  const rest = await readFile(join(root, 'docs/rest.md'), 'utf8');
  const [calls, tag, match, wrong] = snippets('sh', 'curl', rest);
  const [register, create, send, search] = calls!.split(/\n(?=curl)/);
  const server = { PARLEY: url };
  const { token, user } = (await sh(register!, server)) as { token: string; user: { username: string } };
  expect(user.username).toBe('olga');
  const signedIn = { ...server, TOKEN: token };
  const { id } = (await sh(create!, signedIn)) as { id: string };
  const inRoom = { ...signedIn, ROOM: id };
  const sent = await sh(send!, inRoom);
  expect(sent).toMatchObject({ message: { content: 'The tide is in.' } });
  expect(await sh(send!, inRoom)).toEqual(sent);
  expect(await sh(search!, signedIn)).toMatchObject({ items: [{ roomId: id, content: 'The tide is in.' }] });
  expect(await sh(tag!, inRoom)).toBe(304);
  const { stdout } = await run('bash', ['-c', match!.replaceAll('\ncurl', '\necho; curl')], { env: { ...process.env, ...inRoom } });
  const [changed, kept] = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as object);
  expect([changed, kept]).toMatchObject([{ topic: 'Tides' }, { code: 'PRECONDITION_FAILED', status: 412 }]);
  expect(await sh(wrong!, signedIn)).toMatchObject({ code: 'VALIDATION', error: { data: { field: 'colour' } } });
});

test('what docs/openai.md shows is answered as it says, by curl and by OpenAI’s client', async () => {
  const page = await readFile(join(root, 'docs/openai.md'), 'utf8');
  const { key } = await bot.http.keys.create.mutate({ name: 'models', scopes: ['characters:use'] });
  const env = { PARLEY: url, KEY: key };
  const [list, ask, stream] = snippets('sh', 'curl', page)[0]!.split(/\n(?=curl)/);
  expect(await sh(list!, env)).toMatchObject({
    object: 'list',
    data: expect.arrayContaining([expect.objectContaining({ id: 'ada' })]) as unknown,
  });
  expect(await sh(ask!, env)).toMatchObject({
    choices: [{ message: { content: expect.stringContaining('> The ship sails on Friday at noon.') as string }, finish_reason: 'stop' }],
  });
  expect((await run('bash', ['-c', stream!], { env: { ...process.env, ...env } })).stdout).toMatch(
    /^data: \{.*"finish_reason":"stop".*\n\ndata: \[DONE\]\n\n$/s,
  );
  const running = startProgram(await program(snippets('js', 'openai', page)[0]!), { env });
  await running.printed(/I run on the built-in model|No message in this room answers that/);
  await running.exited;
});

test('what docs/mcp.md shows is answered as it says', async () => {
  const page = await readFile(join(root, 'docs/mcp.md'), 'utf8');
  const { key } = await bot.http.keys.create.mutate({ name: 'tools', scopes: ['messages:read'] });
  const [list, call] = snippets('sh', 'curl', page)[0]!.split(/\n(?=curl)/);
  const env = { PARLEY: url, KEY: key };
  const { result } = (await sh(list!, env)) as { result: { tools: { name: string }[] } };
  expect(result.tools.map(({ name }) => name)).toContain('search_messages');
  expect(await sh(call!, env)).toMatchObject({
    id: 2,
    result: { content: [{ type: 'text', text: expect.stringMatching(/^\{"items":/) as string }] },
  });
});

describe('docs/quick-start.md', () => {
  test('from an account to a bot that answers, each step as it says', async () => {
    const quick = await readFile(join(root, 'docs/quick-start.md'), 'utf8');
    const owner = { username: 'quick', password: 'a good password' };
    await using person = await register(url, owner.username, owner.password);
    const steps = snippets('sh', 'localhost:3000', quick).map((step) => step.replace('"olga"', '"quick"'));
    const [last] = steps.splice(-1);
    const whole = [...steps, 'echo; echo "ROOM=$ROOM"'].join('\n').replaceAll('localhost:3000', url);
    const { stdout } = await run('bash', ['-euc', whole]);
    const [, KEY] = /^(parley_\S+)$/m.exec(stdout)!;
    const [, ROOM] = /^ROOM=(\S+)$/m.exec(stdout)!;
    const said = async () => (await person.http.messages.list.query({ roomId: ROOM! })).items;
    expect((await said()).find(({ kind }) => kind === 'text')).toMatchObject({ content: 'The tide is in.', author: { handle: 'tide' } });
    const ask = () => person.http.messages.send.mutate({ roomId: ROOM!, clientId: randomUUID(), content: '@tide when does it turn?' });
    const listening = startProgram('-c', {
      command: 'bash',
      args: [last!.replaceAll('localhost:3000', url)],
      env: { KEY: KEY!, ROOM: ROOM! },
    });
    try {
      // The stream begins with what happens once it is open, which the room shows by who is in it.
      const reading = person.read(ROOM!);
      const { user } = (await person.http.rooms.get.query({ roomId: ROOM! })).members.find(({ user }) => user.username === 'tide')!;
      await reading.events.until((items) => items.some(({ data }) => data.type === 'presence' && data.online?.includes(user.id)));
      reading.stop();
      await ask();
      await expect.poll(async () => (await said()).at(-1)?.content, { timeout: patienceMs }).toBe('It goes out at four.');
    } finally {
      // The stream ends with the bot’s key, and then the program that reads it; a signal would reach the shell alone.
      await person.http.bots.remove.mutate({ username: 'tide' });
      await listening.exited;
    }
    // The program is the example, which sdk.test.ts runs.
    expect(snippets('js', '@parley/client', quick)).toEqual([await readFile(join(root, 'examples/bot/bot.mjs'), 'utf8')]);
  });
});

test('a page at /docs has its code copied by a button, under its own policy', async () => {
  await using browser = await openBrowser();
  const { page } = browser;
  const complaints: string[] = [];
  page.on('console', (message) => complaints.push(message.text()));
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write'], { origin: new URL(url).origin });
  await page.goto(`${url}/docs/quick-start`);
  const [code] = snippets('sh', 'localhost:3000', await readFile(join(root, 'docs/quick-start.md'), 'utf8'));
  await page.getByRole('button', { name: 'Copy' }).first().click();
  await page.getByRole('button', { name: 'Copied' }).waitFor();
  expect(await page.evaluate('navigator.clipboard.readText()')).toBe(code!.trimEnd());
  expect(complaints).toEqual([]);
});

test('keys and bots are made, shown and ended as docs/keys.md says', async () => {
  const keys = await readFile(join(root, 'docs/keys.md'), 'utf8');
  await using person = await register(url, 'keyed');
  const token = { TOKEN: person.accessToken };
  const [make, end, bots] = snippets('sh', 'curl', keys).map((code) => code.replaceAll('localhost:3000', url));
  const made = (await sh(make!, token)) as { id: string; key: string };
  const [shown] = snippets('json', 'parley_', keys);
  expect(formOf(made)).toEqual(formOf(JSON.parse(shown!)));
  const asKey = () => fetch(`${url}/api/rooms`, { headers: { authorization: `Bearer ${made.key}` } });
  expect((await asKey()).status).toBe(200);
  const [list, revoke] = end!.split(/\n(?=curl)/);
  expect(await sh(list!, token)).toMatchObject([{ id: made.id, name: 'reports' }]);
  await sh(revoke!, { ...token, KEY_ID: made.id });
  expect((await asKey()).status).toBe(401);
  const [makeBot, listBots, removeBot] = bots!.split(/\n(?=curl)/);
  await sh(makeBot!, token);
  expect(await sh(listBots!, token)).toMatchObject([{ user: { username: 'ferry' } }]);
  await sh(removeBot!, token);
  expect(await sh(listBots!, token)).toEqual([]);
});

describe('docs/wire.md', () => {
  let variables: { TOKEN: string; ROOM: string };

  test('calls are made as it says', async () => {
    const [calls] = snippets('sh', 'auth.login', wire);
    const [login, list, messages] = calls!.replaceAll('localhost:3000', url).split(/\n(?=curl)/);
    const { result } = (await sh(login!)) as { result: { data: { accessToken: string } } };
    const token = { TOKEN: result.data.accessToken };
    const rooms = (await sh(list!, token)) as { result: { data: { room: { id: string } }[] } };
    variables = { ...token, ROOM: rooms.result.data[0]!.room.id };
    expect(await sh(messages!, variables)).toMatchObject({
      result: { data: { items: expect.any(Array) as unknown[], rev: expect.any(Number) as number } },
    });
  });

  test('events come over HTTP as it says', async () => {
    const [stream] = snippets('sh', 'rooms.events', wire);
    const reading = startProgram('-c', { command: 'bash', args: [stream!.replaceAll('localhost:3000', url)], env: variables });
    try {
      const [hello] = await reading.printed(/data: \{"type":"hello".*/);
      expect(JSON.parse(hello.slice('data: '.length))).toMatchObject({ type: 'hello', rev: expect.any(Number) as number });
    } finally {
      await reading.stop();
    }
  });

  test('a socket is spoken to as it says', async () => {
    const [code] = snippets('js', 'connectionParams', wire);
    const running = startProgram(await program(code!), { args: [variables.TOKEN, variables.ROOM] });
    try {
      const [hello] = await running.printed(/^\S+ hello$/m);
      await running.printed(/^\d+ message$/m);
      expect(running.output().startsWith(hello)).toBe(true);
    } finally {
      await running.stop();
    }
  });

  test('every error and every way of being closed stands there, with its status and its sentence', () => {
    const rows = [...wire.matchAll(/^\| `([A-Z_]+)` \| (\d+) \| (.+) \|$/gm)].map(([, code, http, message]) => [
      code,
      Number(http),
      message,
    ]);
    expect(rows).toEqual(Object.entries(appErrors).map(([code, { http, message }]) => [code, http, message]));
    expect([...wire.matchAll(/^\| (4\d{3}) \|/gm)].map(([, code]) => Number(code))).toEqual(Object.values(closeCodes));
  });
});
