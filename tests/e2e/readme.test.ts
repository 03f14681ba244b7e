import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { appErrors, closeCodes } from '@parley/contracts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { root } from '../../scripts/lib/paths.mjs';
import { curlTranscripts } from './harness/curl-transcripts.js';
import { docsPage, expectForms, formOf, jsonLines, sh, snippets } from './harness/docs-pages.js';
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

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'parley-readme-'));
  [wire, events, sockets] = (await Promise.all(['wire', 'events', 'sockets'].map(docsPage))) as [string, string, string];
  server = startProcess('start', {
    PORT: '0',
    DATA_DIR: join(directory, 'data'),
    BUILT_IN_WORDS_PER_SECOND: '0',
    LOG_LEVEL: 'trace',
    WEBHOOK_ALLOW_PRIVATE: '127.0.0.1',
  });
  [, url] = (await server.printed(/Parley is at (http\S+)/)) as [string, string];
  bot = await register(url, 'bot');
});
afterAll(async () => {
  await bot?.[Symbol.asyncDispose]();
  await server?.stop();
  await rm(directory, { recursive: true, force: true });
});

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

/** A page’s program in a file of its own. */
async function program(code: string): Promise<string> {
  const file = join(directory, `program-${randomUUID()}.mjs`);
  await symlink(join(root, 'node_modules'), join(directory, 'node_modules')).catch(() => {});
  await writeFile(file, code.replace('ws://127.0.0.1:3000', url.replace('http', 'ws')));
  return file;
}

test.each(Object.entries(curlTranscripts))(
  'docs/%s.md: what curl is shown to do is done, and answered as it says',
  async (_page, transcript) => {
    await expect(transcript({ url, bot })).resolves.toBeUndefined();
  },
);

describe('docs/events.md', () => {
  let variables: { TOKEN: string; ROOM: string };
  const say = (content: string) => bot.http.messages.send.mutate({ roomId: variables.ROOM, clientId: randomUUID(), content });
  beforeAll(async () => {
    variables = { TOKEN: bot.accessToken, ROOM: (await bot.http.rooms.create.mutate({ name: 'Events' })).id };
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

test('what docs/openai.md shows is answered as it says, by OpenAI’s client', async () => {
  const page = await readFile(join(root, 'docs/openai.md'), 'utf8');
  const { key } = await bot.http.keys.create.mutate({ name: 'models', scopes: ['characters:use'] });
  const env = { PARLEY: url, KEY: key };
  const running = startProgram(await program(snippets('js', 'openai', page)[0]!), { env });
  await running.printed(/I run on the built-in model|No message in this room answers that/);
  expect((await running.exited).code).toBe(0);
});

test('the program of docs/quick-start.md is the example, which sdk.test.ts runs', async () => {
  expect(snippets('js', '@parley/client', await docsPage('quick-start'))).toEqual([
    await readFile(join(root, 'examples/bot/bot.mjs'), 'utf8'),
  ]);
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

test('a webhook tells, and a hook is told, as docs/webhooks.md says', async () => {
  const page = await readFile(join(root, 'docs/webhooks.md'), 'utf8');
  const got: { headers: IncomingHttpHeaders; body: string }[] = [];
  const receiver = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    got.push({ headers: request.headers, body });
    response.writeHead(204).end();
  }).listen(0, '127.0.0.1');
  try {
    await once(receiver, 'listening');
    const mine = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/parley`;
    const { id: ROOM } = await bot.http.rooms.create.mutate({ name: 'Hooks' });
    const env = { PARLEY: url, TOKEN: bot.accessToken, ROOM };
    const [make, rotate, log, hooks] = snippets('sh', 'curl', page).map((code) => code.replace(/ +# .*$/gm, '').trim());
    const made = (await sh(make!.replace('https://example.com/parley', mine), env)) as { id: string; secret: string };
    expect(made.secret).toMatch(/^whsec_/);
    const ofHook = { ...env, WEBHOOK: made.id };
    const { secret } = (await sh(rotate!, ofHook)) as { secret: string };
    const [makeHook, post] = hooks!.split(/\n(?=curl)/);
    const hook = (await sh(makeHook!, env)) as { url: string; secret: string };
    expect(hook.url).toBe(`/api/hooks/${hook.secret}`);
    const { messageId } = (await sh(post!, { ...env, URL: hook.url })) as { messageId: string };
    await expect.poll(() => got.length, { timeout: patienceMs }).toBe(1);
    const [{ headers, body }] = got as [(typeof got)[number]];
    const [request] = /^POST \/parley .*?^```/ms.exec(page)!;
    const named = [...request.matchAll(/^([\w-]+): /gm)].map(([, name]) => name!);
    expect(named).toEqual(Object.keys(headers).filter((name) => named.includes(name)));
    expect(JSON.parse(body)).toMatchObject({ type: 'message.created', data: { message: { id: messageId, roomId: ROOM } } });
    // Each of the two secrets is good, by the page's own program.
    const code = snippets('js', 'standardwebhooks', page)[0]!;
    for (const each of [made.secret, secret]) {
      const values = `const [secret, body, headers] = ${JSON.stringify([each, body, headers])};`;
      const running = startProgram(
        await program(`${code.replace(/^import .*$/m, (line) => `${line}\n${values}`)}\nconsole.log(event.data.message.content);`),
      );
      await running.printed(/The build is \*\*green\*\*\./);
      await running.exited;
    }
    const [deliveries, resend] = log!.split(/\n(?=curl)/);
    const delivered = async () => (await sh(deliveries!, ofHook)) as { id: string; status: string }[];
    await expect.poll(async () => (await delivered()).map(({ status }) => status), { timeout: patienceMs }).toEqual(['delivered']);
    await sh(resend!, { ...ofHook, DELIVERY: (await delivered())[0]!.id });
    await expect.poll(() => got.length, { timeout: patienceMs }).toBe(2);
    expect(got[1]!.headers['webhook-id']).toBe(headers['webhook-id']);
  } finally {
    receiver.close();
  }
});

describe('docs/wire.md', () => {
  test('a socket is spoken to as it says', async () => {
    const [code] = snippets('js', 'connectionParams', wire);
    const { id: roomId } = await bot.http.rooms.create.mutate({ name: 'Wire' });
    const running = startProgram(await program(code!), { args: [bot.accessToken, roomId] });
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
