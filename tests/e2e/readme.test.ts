import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { appErrors, closeCodes } from '@parley/contracts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { root } from '../../scripts/lib/paths.mjs';
import { register, type Person } from './harness/person.js';
import { startProcess, startProgram, type RunningProcess } from './harness/processes.js';

const run = promisify(execFile);
let directory: string;
let server: RunningProcess;
let url: string;
let bot: Person;
let readme: string;
let wire: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'parley-readme-'));
  readme = await readFile(join(root, 'README.md'), 'utf8');
  wire = await readFile(join(root, 'docs/wire.md'), 'utf8');
  server = startProcess('start', { PORT: '0', DATA_DIR: join(directory, 'data'), BUILT_IN_WORDS_PER_SECOND: '0' });
  [, url] = (await server.printed(/Parley is at (http\S+)/)) as [string, string];
  bot = await register(url, 'bot');
});
afterAll(async () => {
  await bot?.[Symbol.asyncDispose]();
  await server?.stop();
  await rm(directory, { recursive: true, force: true });
});

/** The code blocks of a page in this language that contain a text, with what stands for a password put in. */
function snippets(language: string, containing: string, page = readme): string[] {
  const found = [...page.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'gms'))].map(([, code]) => code!);
  return found.filter((code) => code.includes(containing)).map((code) => code.replace(/(password"?: ['"])…/, '$1password of bot'));
}

test('the program of the README compiles as a folder in apps, with its two files, and follows an answer', async () => {
  const app = join(directory, 'apps/bot');
  await mkdir(join(app, 'src'), { recursive: true });
  for (const name of ['node_modules', 'packages', 'apps/api', 'tsconfig.base.json']) await symlink(join(root, name), join(directory, name));
  const [program] = snippets('ts', 'createParleyClient');
  await writeFile(join(app, 'src/main.ts'), program!.replace('http://127.0.0.1:3000', url));
  const [manifest] = snippets('json', '"bot"');
  await writeFile(join(app, 'package.json'), manifest!);
  const { dependencies, devDependencies } = JSON.parse(manifest!) as Record<string, object>;
  expect(Object.keys({ ...dependencies, ...devDependencies })).toEqual(['@parley/client', 'ws', '@types/ws']);
  const [config] = snippets('json', 'tsconfig.base.json');
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

test('the calls over plain HTTP of the README are answered as it says', async () => {
  const [lobby] = await bot.http.rooms.list.query();
  const [calls] = snippets('sh', 'auth.login');
  const [login, send] = calls!
    .replaceAll('localhost:3000', url)
    .replace('"roomId": "…"', `"roomId": "${lobby!.room.id}"`)
    .split(/\n(?=curl)/);
  const { result } = (await sh(login!)) as { result: { data: { accessToken: string } } };
  expect(await sh(send!, { TOKEN: result.data.accessToken })).toMatchObject({ result: { data: { message: { content: 'Hello' } } } });
});

test('what docs/rest.md shows is answered as it says, from the account to the search', async () => {
  const rest = await readFile(join(root, 'docs/rest.md'), 'utf8');
  const [calls, tag, wrong] = snippets('sh', 'curl', rest);
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
  expect(await sh(wrong!, signedIn)).toMatchObject({ code: 'VALIDATION', error: { data: { field: 'colour' } } });
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
    const [program] = snippets('js', 'connectionParams', wire);
    const file = join(directory, 'socket.mjs');
    await symlink(join(root, 'node_modules'), join(directory, 'node_modules')).catch(() => {});
    await writeFile(file, program!.replace('ws://127.0.0.1:3000', url.replace('http', 'ws')));
    const running = startProgram(file, { args: [variables.TOKEN, variables.ROOM] });
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
