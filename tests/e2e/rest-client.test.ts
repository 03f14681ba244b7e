import { execFile } from 'node:child_process';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { root } from '../../scripts/lib/paths.mjs';
import { startProcess, type RunningProcess } from './harness/processes.js';

const run = promisify(execFile);
let directory: string;
let server: RunningProcess;
let url: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'parley-rest-'));
  // So slowly that an answer is still being written when it is stopped.
  server = startProcess('start', { PORT: '0', DATA_DIR: join(directory, 'data'), BUILT_IN_WORDS_PER_SECOND: '1' });
  [, url] = (await server.printed(/Parley is at (http\S+)/)) as [string, string];
});
afterAll(async () => {
  await server?.stop();
  await rm(directory, { recursive: true, force: true });
});

/** What a stranger would write who has the types that were made of the document. */
const program = `import createClient from 'openapi-fetch';
import type { paths } from './parley.js';

const parley = createClient<paths>({ baseUrl: process.argv[2]! });
const registered = await parley.POST('/api/auth/register', { body: { username: 'olga', password: 'a good password' } });
parley.use({ onRequest: ({ request }) => request.headers.set('authorization', \`Bearer \${registered.data!.token}\`) });
const room = await parley.POST('/api/rooms', { body: { name: 'Harbour' } });
const path = { roomId: room.data!.id };
const said = await parley.POST('/api/rooms/{roomId}/messages', { params: { path }, body: { content: 'The tide is in, and the ship sails at noon.' } });
const found = await parley.GET('/api/search', { params: { query: { query: 'tide', limit: 5 } } });
const asked = await parley.POST('/api/rooms/{roomId}/messages', { params: { path }, body: { content: '/ask when does the ship sail?' } });
const reply = { params: { path: { messageId: asked.data!.replies[0]!.id } } };
await parley.POST('/api/messages/{messageId}/stop', reply);
let ended = await parley.GET('/api/messages/{messageId}', reply);
while (['queued', 'streaming'].includes(ended.data!.status!)) ended = await parley.GET('/api/messages/{messageId}', reply);
const refused = await parley.PATCH('/api/rooms/{roomId}', { params: { path }, body: { name: '' } });
console.log(JSON.stringify({
  user: registered.data!.user.username,
  found: found.data!.items.map(({ id }) => 'message' in said.data! && id === said.data.message.id),
  stopped: ended.data!.status,
  refused: [refused.response.status, refused.error!.code],
}));
`;

test('a client made of the document by openapi-typescript registers, makes a room, speaks, finds it, and stops an answer', async () => {
  const bin = (name: string, path: string) => join(root, name, path);
  const generator = bin('tests/e2e/node_modules/openapi-typescript', 'bin/cli.js');
  await run(process.execPath, [
    generator,
    `${url}/api/openapi.json`,
    '-o',
    join(directory, 'parley.ts'),
    '--default-non-nullable',
    'false',
  ]);
  await symlink(join(root, 'node_modules'), join(directory, 'node_modules'));
  await writeFile(join(directory, 'program.ts'), program);
  await writeFile(join(directory, 'package.json'), '{ "type": "module" }');
  const options = { strict: true, noUncheckedIndexedAccess: true, module: 'nodenext', target: 'es2022', types: ['node'], outDir: 'dist' };
  await writeFile(join(directory, 'tsconfig.json'), JSON.stringify({ compilerOptions: options, files: ['program.ts'] }));
  const compiled = await run(process.execPath, [bin('node_modules/typescript', 'bin/tsc'), '-p', directory]).catch(
    (error: { stdout: string }) => error,
  );
  expect(compiled.stdout).toBe('');
  const { stdout } = await run(process.execPath, [join(directory, 'dist/program.js'), url]);
  expect(JSON.parse(stdout)).toEqual({ user: 'olga', found: [true], stopped: 'stopped', refused: [400, 'VALIDATION'] });
});
