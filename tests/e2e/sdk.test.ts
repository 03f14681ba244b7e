import { execFile } from 'node:child_process';
import { createHmac, randomBytes } from 'node:crypto';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { MessageView } from '@parley/contracts';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { root } from '../../scripts/lib/paths.mjs';
import { openBrowser } from './harness/browser.js';
import { register, type Person } from './harness/person.js';
import { startProcess, startProgram, type RunningProcess } from './harness/processes.js';

// The SDK as a stranger has it: packed, installed from the tarball in a folder outside of the repository, and run there.

const run = promisify(execFile);
let directory: string;
/** Where the package is installed. */
let place: string;
let server: RunningProcess;
let url: string;
let olga: Person;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'parley-sdk-'));
  const npm = ['--offline', '--no-audit', '--no-fund', '--loglevel=error'];
  await run('npm', ['pack', '--pack-destination', directory, ...npm], { cwd: join(root, 'packages/client') });
  const [tarball] = (await readdir(directory)).filter((name) => name.endsWith('.tgz'));
  place = join(directory, 'programs');
  await mkdir(place);
  await writeFile(join(place, 'package.json'), JSON.stringify({ name: 'programs', private: true, type: 'module' }));
  await run('npm', ['install', ...npm, join(directory, tarball!)], { cwd: place });
  await startServer('0');
  olga = await register(url, 'olga');
});
afterAll(async () => {
  await olga?.[Symbol.asyncDispose]();
  await server?.stop();
  await rm(directory, { recursive: true, force: true });
});

async function startServer(port: string): Promise<void> {
  server = startProcess('start', {
    PORT: port,
    DATA_DIR: join(directory, 'data'),
    BUILT_IN_WORDS_PER_SECOND: '0',
    AGENT_LEASE_MS: '2000',
    WEBHOOK_ALLOW_PRIVATE: '127.0.0.1',
  });
  [, url] = (await server.printed(/Parley is at (http\S+)/)) as [string, string];
}

/** Runs a program in the folder. */
function start(code: string, env: Record<string, string> = {}): RunningProcess {
  return startProgram('--input-type=module', { args: ['-e', code], env: { PARLEY_URL: url, ...env }, cwd: place });
}

const said = async (roomId: string) => (await olga.http.messages.list.query({ roomId })).items;
/** Waits until the room has a message. */
async function heard(roomId: string, matches: (message: MessageView) => boolean): Promise<MessageView> {
  let found: MessageView | undefined;
  await expect.poll(async () => (found = (await said(roomId)).find(matches)) !== undefined).toBe(true);
  return found!;
}

/** A room of Olga's with a bot of hers in it, and the bot's key. */
async function roomWithBot(name: string, username: string) {
  const { id: roomId } = await olga.http.rooms.create.mutate({ name });
  await olga.http.bots.create.mutate({ username });
  const { key, id: keyId } = await olga.http.keys.create.mutate({
    bot: username,
    name: 'program',
    scopes: ['rooms:read', 'rooms:write', 'messages:read', 'messages:write'],
  });
  await olga.http.rooms.addMember.mutate({ roomId, username });
  const say = (content: string) => olga.http.messages.send.mutate({ roomId, clientId: crypto.randomUUID(), content });
  return { roomId, key, keyId, say };
}

describe('the package', () => {
  test('is whole: one module and its types, without dependencies and without a trace of the repository', async () => {
    const installed = join(place, 'node_modules/@parley/client');
    const { dependencies, exports } = JSON.parse(await readFile(join(installed, 'package.json'), 'utf8')) as Record<string, object>;
    expect(dependencies).toBeUndefined();
    expect(Object.keys(exports!)).toContain('.');
    expect(await readdir(join(place, 'node_modules'))).toEqual(expect.not.arrayContaining(['zod', 'ws']) as string[]);
    const files = (await readdir(installed, { recursive: true })).filter((name) => /\.(?:js|ts)$/.test(name));
    expect(files).toContain('dist-sdk/index.js');
    for (const file of files) {
      const text = await readFile(join(installed, file), 'utf8');
      expect({ file, imports: [...text.matchAll(/(?:from|import\() ?["']([^."'][^"']*)["']/g)].map(([, name]) => name) }).toEqual({
        file,
        imports: [],
      });
    }
  });

  test.each([
    { module: 'nodenext', types: ['node'], lib: undefined },
    { module: 'esnext', moduleResolution: 'bundler', types: [], lib: ['es2022', 'dom', 'dom.iterable'] },
  ])('has types for a program that is checked strictly ($module)', async (options) => {
    const folder = join(place, `types-${options.module}`);
    await mkdir(folder);
    await writeFile(join(folder, 'program.ts'), typed);
    const compilerOptions = {
      target: 'es2022',
      strict: true,
      noEmit: true,
      exactOptionalPropertyTypes: true,
      skipLibCheck: false,
      ...options,
    };
    const typeRoots = [join(root, 'node_modules/@types')];
    await writeFile(
      join(folder, 'tsconfig.json'),
      JSON.stringify({ compilerOptions: { ...compilerOptions, typeRoots }, files: ['program.ts'] }),
    );
    const compiled = await run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', folder]).catch(
      (error: { stdout: string }) => error,
    );
    expect(compiled.stdout).toBe('');
  });
});

/** A program that uses the types, and one mistake that they have to find. */
const typed = `import { Parley, ParleyError, verifyWebhook, type Message, type RoomStreamEvent } from '@parley/client';

const parley = new Parley({ url: 'http://127.0.0.1:3000', key: 'parley_x' });
const room = parley.room('Harbour');
export const sent: Message = await room.say('Hello', { replyTo: null });
export const names: string[] = (await room.details()).members.map(({ user }) => user.displayName);
export async function follow(signal: AbortSignal): Promise<RoomStreamEvent | null> {
  for await (const event of room.events({ after: (await room.history()).rev, signal })) {
    if (event.type === 'message' && event.message.reply?.usage?.inputTokens === 3) return event;
    // @ts-expect-error no event has this type
    if (event.type === 'massage') return event;
  }
  return null;
}
parley.bot().on('mention', async ({ author, reply, text }) => (await reply(\`\${author.name}: \${text}\`)).id);
export const code = (error: unknown) => (error instanceof ParleyError ? error.code : null);
export async function receive(request: Request): Promise<string> {
  const event = await verifyWebhook('whsec_x', request.headers, await request.text());
  if (event.type === 'member.joined' || event.type === 'member.left') return event.data.member.user.username + event.data.roomId;
  // @ts-expect-error a message has no member
  event.data.member;
  return event.data.message.content;
}
`;

test('a program says something, reads it back, and goes on reading through the death of the server', async () => {
  const { roomId, key, say } = await roomWithBot('Harbour', 'reader');
  const reading = start(
    `import { Parley } from '@parley/client';
const room = new Parley({ url: process.env.PARLEY_URL, key: process.env.KEY }).room('Harbour');
const { rev } = await room.history();
const sent = await room.say('The tide is in.');
console.log('said', sent.content, sent.author.handle);
for await (const event of room.events({ after: rev })) {
  if (event.type !== 'message') continue;
  console.log('heard', event.message.content);
  if (event.message.content === 'enough') break;
}
console.log('done');`,
    { KEY: key },
  );
  await reading.printed(/said The tide is in\. reader/);
  await say('one');
  await reading.printed(/heard one/);
  const { port } = new URL(url);
  server.signal('SIGKILL');
  await server.exited;
  await startServer(port);
  await say('two');
  await say('enough');
  await reading.printed(/done/);
  expect(await reading.exited).toMatchObject({ code: 0 });
  expect(reading.output().match(/^heard .*$/gm)).toEqual(['heard The tide is in.', 'heard one', 'heard two', 'heard enough']);
  expect((await said(roomId)).map(({ content }) => content).slice(-4)).toEqual(['The tide is in.', 'one', 'two', 'enough']);
});

test('a page speaks and reads by the same module', async () => {
  const { roomId, key, say } = await roomWithBot('Jetty', 'page-bot');
  const module = await readFile(join(place, 'node_modules/@parley/client/dist-sdk/index.js'), 'utf8');
  await using browser = await openBrowser();
  const { page } = browser;
  // Pages of the server's own origin, so that none has to be allowed another.
  await page.route(`${url}/sdk.js`, (route) => route.fulfill({ contentType: 'text/javascript', body: module }));
  await page.route(`${url}/program`, (route) =>
    route.fulfill({ contentType: 'text/html', body: '<!doctype html><title>A program</title>' }),
  );
  await page.goto(`${url}/program`);
  // As text: what runs the tests would make of `import` what a page does not know.
  const heardThere = page.evaluate<string[]>(`(async () => {
    const { Parley } = await import('/sdk.js');
    const room = new Parley({ url: location.origin, key: ${JSON.stringify(key)} }).room(${JSON.stringify(roomId)});
    const { rev } = await room.history();
    await room.say('From a page');
    const texts = [];
    for await (const event of room.events({ after: rev })) {
      if (event.type === 'message') texts.push(event.message.content);
      if (texts.length === 2) return texts;
    }
  })()`);
  await heard(roomId, ({ content }) => content === 'From a page');
  await say('To a page');
  expect(await heardThere).toEqual(['From a page', 'To a page']);
  expect(browser.errors).toEqual([]);
});

test('what is wrong is said: the key, the room, the url', async () => {
  const { key } = await roomWithBot('Lighthouse', 'stranger');
  const program = start(
    `import { Parley } from '@parley/client';
const told = async (work) => { try { await work(); } catch (error) { console.log(error.name, error.code ?? '', error.message); } };
const parley = (key, url = process.env.PARLEY_URL) => new Parley({ url, key, patienceMs: 0 });
await told(() => parley('parley_wrong').rooms());
await told(() => parley('parley_wrong').bot().start());
await told(() => parley(process.env.KEY).room('Nowhere').say('Hello'));
await told(() => parley(process.env.KEY).room('Lighthouse').say(' '));
await told(() => parley(process.env.KEY, process.env.PARLEY_URL.replace(/\\d+$/, '1')).rooms());
await told(async () => parley(process.env.KEY, 'ftp://somewhere'));
await told(async () => parley(undefined));
console.log('end');`,
    { KEY: key },
  );
  await program.printed(/^end$/m);
  expect(program.output().split('\n')).toEqual([
    expect.stringMatching(/^ParleyError UNAUTHENTICATED \S/),
    'ParleyError UNAUTHENTICATED This key is not good: it is wrong, or it has ended. Make a new one.',
    'ParleyError ROOM_NOT_FOUND You are in no room that is called “Nowhere”.',
    expect.stringMatching(/^ParleyError MESSAGE_EMPTY \S/),
    'ParleyError UNAVAILABLE The server did not answer. Try again in a moment.',
    'TypeError  url: give an address of http or https, not “ftp://somewhere”.',
    'TypeError  key: give a key of Parley’s (“parley_…”) or an access token.',
    'end',
    '',
  ]);
});

describe('examples/bot', () => {
  const bot = (key: string) => startProgram('bot.mjs', { cwd: join(place, 'bot'), env: { PARLEY_URL: url, PARLEY_KEY: key } });
  beforeAll(() => cp(join(root, 'examples/bot'), join(place, 'bot'), { recursive: true }));

  test('has ten lines, and answers who mentions it, once, also what was said while it was away', async () => {
    const lines = (await readFile(join(place, 'bot/bot.mjs'), 'utf8')).split('\n').filter((line) => line.trim() !== '');
    expect(lines.length).toBeLessThanOrEqual(10);
    const { roomId, key, say, keyId } = await roomWithBot('Pier', 'parrot');
    const first = bot(key);
    await first.printed(/Mention me/);
    const { message } = await say('@parrot hello');
    const answer = await heard(roomId, ({ content }) => content === 'You said: hello');
    expect(answer).toMatchObject({ replyTo: message!.id, author: { handle: 'parrot' } });
    await first.stop();
    await say('Nobody is here.');
    await say('@parrot are you here?');
    await say('And nothing for it.');
    const second = bot(key);
    await heard(roomId, ({ content }) => content === 'You said: are you here?');
    await second.stop();
    const third = bot(key);
    await third.printed(/Mention me/);
    await say('@parrot, again');
    await heard(roomId, ({ content }) => content === 'You said: again');
    expect((await said(roomId)).filter(({ author }) => author.handle === 'parrot').map(({ content }) => content)).toEqual([
      'You said: hello',
      'You said: are you here?',
      'You said: again',
    ]);
    await olga.http.keys.revoke.mutate({ keyId });
    expect(await third.exited).toMatchObject({ code: 1 });
    expect(third.output()).toContain('SESSION_REVOKED');
  });
});

describe('examples/agent', () => {
  let roomId: string;
  let key: string;
  const running: RunningProcess[] = [];
  const agent = () => {
    const started = startProgram('agent.mjs', { cwd: join(place, 'agent'), env: { PARLEY_URL: url, PARLEY_KEY: key } });
    running.push(started);
    return started;
  };
  // One that went on would answer in the next test.
  afterEach(() => Promise.all(running.splice(0).map((each) => each.stop())));
  const ask = (question: string) =>
    olga.http.messages.send
      .mutate({ roomId, clientId: crypto.randomUUID(), content: `@scout ${question}` })
      .then(({ replies }) => replies[0]!.id);
  const reply = (messageId: string) => olga.http.messages.get.query({ messageId });
  beforeAll(async () => {
    await cp(join(root, 'examples/agent'), join(place, 'agent'), { recursive: true });
    const { character } = await olga.http.characters.create.mutate({
      handle: 'scout',
      name: 'Scout',
      systemPrompt: 'You know the tides.',
      model: 'agent',
    });
    ({ id: roomId } = await olga.http.rooms.create.mutate({ name: 'Tower' }));
    await olga.http.rooms.addCharacter.mutate({ roomId, characterId: character.id });
    ({ key } = await olga.http.keys.create.mutate({ name: 'agent', scopes: ['agents:serve'] }));
  });

  test('writes the answers of a character, word by word, and one that is stopped ends with what was written', async () => {
    await agent().printed(/Serving/);
    await using reader = await register(url, 'reader-of-agents');
    await reader.http.rooms.join.mutate({ roomId });
    const { events } = reader.read(roomId);
    await events.until((items) => items.some(({ data }) => data.type === 'hello'));
    const first = await ask('when is high water?');
    await expect.poll(async () => (await reply(first)).status).toBe('complete');
    expect((await reply(first)).content).toMatch(/^You asked: .*when is high water\?$/);
    const pieces = events.items.flatMap(({ data }) => (data.type === 'delta' && data.messageId === first ? [data.text] : []));
    expect(pieces.length).toBeGreaterThan(1);
    const second = await ask(Array.from({ length: 2_000 }, (_, n) => `word${n}`).join(' '));
    await events.until((items) => items.some(({ data }) => data.type === 'delta' && data.messageId === second));
    await olga.http.replies.stop.mutate({ messageId: second });
    await expect.poll(async () => (await reply(second)).status).toBe('stopped');
    expect((await reply(second)).content).toMatch(/^You asked: /);
    // It goes on with the next.
    const third = await ask('again');
    await expect.poll(async () => (await reply(third)).status).toBe('complete');
  });

  test('is taken over where it died, and the room sees one answer', async () => {
    const first = agent();
    await first.printed(/Serving/);
    const asked = await ask('one two three four five six seven eight nine ten eleven twelve');
    await expect.poll(async () => (await reply(asked)).status).toBe('streaming');
    first.signal('SIGKILL');
    await first.exited;
    agent();
    await expect.poll(async () => (await reply(asked)).status).toBe('complete');
    expect(await reply(asked)).toMatchObject({ attempt: 2, content: expect.stringMatching(/^You asked: .*twelve$/) as string });
  });
});

test('examples/webhook-receiver takes what is signed by its secret, prints it once, and refuses everything else', async () => {
  await cp(join(root, 'examples/webhook-receiver'), join(place, 'receiver'), { recursive: true });
  const secret = randomBytes(24).toString('base64');
  const receiver = startProgram('receiver.mjs', { cwd: join(place, 'receiver'), env: { PORT: '0', WEBHOOK_SECRET: `whsec_${secret}` } });
  const [, address] = (await receiver.printed(/Listening at (http\S+)/)) as [string, string];
  const body = JSON.stringify({ type: 'message.created', timestamp: new Date().toISOString(), data: { content: 'Grüße' } });
  const at = String(Math.floor(Date.now() / 1_000));
  const signature = (key: string) => createHmac('sha256', Buffer.from(key, 'base64')).update(`msg_1.${at}.${body}`).digest('base64');
  const send = async (key: string, text = body) => {
    const headers = { 'webhook-id': 'msg_1', 'webhook-timestamp': at, 'webhook-signature': `v1,${signature(key)}` };
    return (await fetch(address, { method: 'POST', headers, body: text })).status;
  };
  expect([await send(secret), await send(secret), await send('AAAA'), await send(secret, body.replace('Grüße', ''))]).toEqual([
    204, 204, 400, 400,
  ]);
  expect(receiver.output().match(/^message\.created .*$/gm)).toEqual(['message.created {"content":"Grüße"}']);
  await receiver.stop();
});

test('examples/webhook-receiver prints what a server tells it', async () => {
  await cp(join(root, 'examples/webhook-receiver'), join(place, 'receiver-of-a-room'), { recursive: true });
  const { id: roomId } = await olga.http.rooms.create.mutate({ name: 'Signal tower' });
  const events = ['message.created' as const, 'member.joined' as const];
  // Nobody listens at the first address: nothing happens before it is another one.
  const { id: webhookId, secret } = await olga.http.webhooks.create.mutate({ roomId, url: 'http://127.0.0.1:9', events });
  const receiver = startProgram('receiver.mjs', { cwd: join(place, 'receiver-of-a-room'), env: { PORT: '0', WEBHOOK_SECRET: secret } });
  const [, address] = (await receiver.printed(/Listening at (http\S+)/)) as [string, string];
  await olga.http.webhooks.update.mutate({ webhookId, url: address });
  await olga.http.bots.create.mutate({ username: 'signaller' });
  await olga.http.rooms.addMember.mutate({ roomId, username: 'signaller' });
  const { message } = await olga.http.messages.send.mutate({ roomId, clientId: crypto.randomUUID(), content: 'Ship ahoy' });
  const [, joined] = (await receiver.printed(/^member\.joined (.*)$/m)) as [string, string];
  expect(JSON.parse(joined)).toMatchObject({ roomId, member: { user: { username: 'signaller' } } });
  const [, created] = (await receiver.printed(/^message\.created (.*)$/m)) as [string, string];
  expect(JSON.parse(created)).toMatchObject({ message: { id: message!.id, content: 'Ship ahoy' } });
  await receiver.stop();
});

test('a mention outlives the process that died of it, and is answered once', async () => {
  const { roomId, key, say } = await roomWithBot('Quay', 'phoenix');
  const bot = (greeting: string, after: string) =>
    start(
      `import { Parley } from '@parley/client';
const bot = new Parley({ url: process.env.PARLEY_URL, key: process.env.KEY }).bot();
bot.on('mention', async (message) => {
  console.log('given', message.text);
  console.log('answered', (await message.reply(${JSON.stringify(greeting)} + message.text)).content);
  ${after}
});
await bot.start();
console.log('started');`,
      { KEY: key },
    );
  const first = bot('First: ', 'await new Promise(() => {});');
  await first.printed(/started/);
  await say('@phoenix one');
  await say('@phoenix two');
  await first.printed(/answered First: one/);
  first.signal('SIGKILL');
  await first.exited;
  const second = bot('Second: ', '');
  await second.printed(/answered Second: two/);
  expect(second.output().match(/^(?:given|answered).*$/gm)).toEqual([
    'given one',
    'answered First: one',
    'given two',
    'answered Second: two',
  ]);
  await second.stop();
  const answers = (await said(roomId)).filter(({ author }) => author.handle === 'phoenix');
  expect(answers.map(({ content }) => content)).toEqual(['First: one', 'Second: two']);
});

describe('docs/sdk.md', () => {
  let snippets: string[];
  beforeAll(async () => {
    const page = await readFile(join(root, 'docs/sdk.md'), 'utf8');
    snippets = [...page.matchAll(/^```js\n(.*?)^```/gms)].map(([, code]) => code!);
  });
  const snippet = (containing: string) => snippets.find((code) => code.includes(containing))!;

  test('a room is spoken in and followed as it says', async () => {
    // Of a name that another room has no more.
    const { roomId, key, say } = await roomWithBot('Docks', 'docker');
    const program = start(snippet('room.events').replace("'Harbour'", "'Docks'"), { PARLEY_KEY: key });
    await program.printed(/docker: It will go out again\./);
    const { items } = await olga.http.messages.list.query({ roomId });
    const [tide, again] = items.slice(-2);
    expect([tide!.content, again!.content, again!.replyTo]).toEqual(['The tide is in.', 'It will go out again.', tide!.id]);
    await say('/ask when is the tide in?');
    await program.printed(/olga: \/ask/);
    const answer = await heard(roomId, ({ kind, status }) => kind === 'reply' && status === 'complete');
    await expect.poll(() => program.output()).toContain(`${answer.author.name}: ${answer.content}`);
    // The pieces are the whole text.
    expect(program.output()).toContain(`${answer.content}${answer.author.name}: ${answer.content}`);
    await program.stop();
  });

  test('a bot is as it says', async () => {
    const { roomId, key, say } = await roomWithBot('Mole', 'listener');
    const program = start(`${snippet('bot.on')}\nconsole.log('started');`, { PARLEY_KEY: key });
    await program.printed(/started/);
    const { message } = await say('@listener, look');
    await heard(roomId, ({ content }) => content === 'olga said: look');
    expect((await olga.http.messages.get.query({ messageId: message!.id })).reactions).toMatchObject([{ emoji: '👀', count: 1 }]);
    await say('ping');
    await heard(roomId, ({ content }) => content === 'pong');
    await program.stop();
  });

  test('a command of a bot is shown in the help of its rooms, and called, as it says', async () => {
    const { roomId, key, say } = await roomWithBot('Yard', 'deployer');
    const program = start(`${snippet('bot.command')}\nconsole.log('started');`, { PARLEY_KEY: key });
    await program.printed(/started/);
    expect((await say('/help')).privateReply!.content).toMatch(/\/deploy.*Deploys a branch/s);
    const { message } = await say('/deploy main');
    expect(await heard(roomId, ({ content }) => content === 'Deploying main for olga.')).toMatchObject({ replyTo: message!.id });
    await program.stop();
  });

  test('an agent answers as it says', async () => {
    const { character } = await olga.http.characters.create.mutate({
      handle: 'pilot',
      name: 'Pilot',
      systemPrompt: 'You know the way.',
      model: 'agent',
    });
    const { id: roomId } = await olga.http.rooms.create.mutate({ name: 'Bridge' });
    await olga.http.rooms.addCharacter.mutate({ roomId, characterId: character.id });
    const { key } = await olga.http.keys.create.mutate({ name: 'pilot', scopes: ['agents:serve'] });
    const program = start(snippet('agent(').replace('@scout', '@pilot'), { PARLEY_KEY: key });
    await olga.http.messages.send.mutate({ roomId, clientId: crypto.randomUUID(), content: '@pilot where to?' });
    const answer = await heard(roomId, ({ kind, status }) => kind === 'reply' && status === 'complete');
    expect(answer.content).toMatch(/^You asked: .*where to\?$/);
    await program.stop();
  });

  test('a webhook is read as it says', async () => {
    const secret = randomBytes(24).toString('base64');
    const body = JSON.stringify({ type: 'mention', timestamp: '2026-01-01T00:00:00.000Z', data: {} });
    const at = String(Math.floor(Date.now() / 1_000));
    const signature = createHmac('sha256', Buffer.from(secret, 'base64')).update(`msg_2.${at}.${body}`).digest('base64');
    const headers = { 'webhook-id': 'msg_2', 'webhook-timestamp': at, 'webhook-signature': `v1,${signature}` };
    const program = start(
      `${snippet('verifyWebhook')}
console.log(await receive(new Request('http://here', { method: 'POST', headers: ${JSON.stringify(headers)}, body: ${JSON.stringify(body)} })));`,
      { WEBHOOK_SECRET: `whsec_${secret}` },
    );
    await program.printed(/mention at 2026-01-01T00:00:00\.000Z/);
    expect(await program.exited).toMatchObject({ code: 0 });
  });
});
