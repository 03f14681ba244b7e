import { execFile, execFileSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { root } from './lib/paths.mjs';
import { copyTree } from './lib/testing/tree-copy.mjs';

const run = promisify(execFile);

/** Tests, by the path where each runs: each asks a part of the tree that must know what a diff added. */
const probes = {
  'packages/contracts/src/probe.test.ts': `import { expect, test } from 'vitest';
import { commands, helpText, parseCommand } from './command-line/index.js';

test('parser, nearest name and help', () => {
  expect(parseCommand('/shout now')).toMatchObject({ call: { command: { name: 'shout' }, answer: 'room', asked: { question: 'now', data: { loud: 3 } } } });
  expect(parseCommand('/shuot now')).toEqual({ kind: 'unknown', name: 'shuot', nearest: 'shout' });
  expect(parseCommand('/shout')).toEqual({ kind: 'invalid', name: 'shout', reason: 'Write what to shout.' });
  expect(helpText()).toContain('- \`/shout text [private]\` — Says a text loudly (moderators only)');
  expect(commands.map(({ name }) => name).slice(-2)).toEqual(['help', 'shout']);
});
`,
  'packages/core/src/messages/probe.test.ts': `import { expect, test } from 'vitest';
import { createTestWorld } from '../testing/index.js';
import { authorize, head } from './testing-messages.js';
import { planMessage } from './plan-message.js';
import { postMessage } from './post-message.js';

test('the plan of a post, who may, and who sees the answer', async () => {
  await using world = await createTestWorld('pglite');
  const room = await authorize(world, world.owner);
  const calls: string[] = [];
  const post = (content: string, by = room) =>
    postMessage(world.deps, by, { clientId: crypto.randomUUID(), content, admitAiCall: async (call) => void calls.push(call) });
  const { replies } = await post('/shout now');
  expect(replies[0]!.reply!.trigger.kind).toBe('shout');
  expect(planMessage('/shout now', room)).toMatchObject({ replies: [{ question: 'now', data: { loud: 3 }, standalone: false }], aiCall: 'command' });
  const { seq } = await head(world);
  expect((await post('/shout now private')).privateReply).toMatchObject({ status: 'streaming', content: '' });
  expect((await head(world)).seq).toBe(seq);
  expect(calls).toEqual(['command', 'command']);
  const ben = await world.registerMember('ben');
  await expect(post('/shout now', await authorize(world, ben))).rejects.toMatchObject({ code: 'FORBIDDEN' });
});
`,
  'packages/core/src/prompts/probe.test.ts': `import { expect, test } from 'vitest';
import { chat, contextOf } from './prompt-context.fixture.js';
import { taskOf } from './task-of.js';
import { buildPrompt } from './build-prompt.js';

test('the prompt, the messages it reads and the built-in answer', () => {
  const context = contextOf({ kind: 'shout', question: 'now', scope: null, data: { loud: 3 } }, chat('bo: hi'));
  expect(JSON.stringify(buildPrompt(context))).toContain('>Shout the last message of @bo, 3 letters long.<');
  expect(taskOf('shout').compose(context)).toBe('NOW');
  expect(taskOf('shout').messages).toEqual({ kind: 'last', count: 3 });
});
`,
  'apps/api/src/commands/probe.test.ts': `import { expect, test } from 'vitest';
import { sharedApi } from '../testing/shared-api.js';

const world = sharedApi('pglite');

test('commands.list', async () => {
  const [owner, guest] = [await world().register('olga'), await world().register('gus')];
  const { id: roomId } = await owner.http.rooms.create.mutate({ name: 'Harbour' });
  await guest.http.rooms.join.mutate({ roomId });
  const listed = async (who: typeof owner) => (await who.http.commands.list.query({ roomId })).find(({ name }) => name === 'shout');
  expect(await listed(owner)).toEqual({ name: 'shout', args: 'text [private]', help: 'Says a text loudly', private: false, bot: null });
  expect(await listed(guest)).toBeUndefined();
});
`,
  'apps/web/src/features/composer/probe.test.ts': `import { expect, test } from 'vitest';
import { checkDraft } from './check-draft.js';
import { completionAt } from './completion.js';
import { commandsFor } from './commands-for.js';

test('completion and the check of a draft', () => {
  const offered = (role: 'member' | 'moderator') => completionAt('/sh', 3, { commands: commandsFor({ role, visibility: 'private', archived: false }, []), mentionables: [] })?.items.map(({ insert }) => insert);
  expect(offered('moderator')).toEqual(['/shout ']);
  expect(offered('member')).toBeUndefined();
  expect(checkDraft('/shout', [])).toMatchObject({ message: 'Write what to shout.' });
});
`,
  'packages/core/src/bus.probe.test.ts': `import { createMemoryBus } from '@parley/bus/memory';
import { channels } from '@parley/contracts';
import { expect, test } from 'vitest';

test('a channel carries what it declares, and refuses the rest', async () => {
  const errors: unknown[] = [];
  const bus = createMemoryBus({ env: 'probe', checkPayloads: true, onError: (error) => void errors.push(error) });
  const [roomId, userId] = [crypto.randomUUID(), crypto.randomUUID()];
  const heard = new Promise((resolve) => void bus.subscribe(channels.roomApplause(roomId), resolve));
  bus.publish(channels.roomApplause(roomId), { userId: 'nobody' });
  bus.publish(channels.roomApplause(roomId), { userId });
  expect(await heard).toEqual({ userId });
  expect(errors).toHaveLength(1);
  await bus.close();
});
`,
  'apps/api/src/messages/procedure.probe.test.ts': `import { operationNamed } from '@parley/contracts';
import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { restOf } from '../testing/rest-of.js';
import { sharedApi } from '../testing/shared-api.js';

const world = sharedApi('pglite');

test('a procedure is called, refused to outsiders, and hands bad input back', async () => {
  expect(operationNamed('messages.first')).toMatchObject({ who: 'room', limit: 'search' });
  const [owner, outsider] = [await world().register('olga'), await world().register('otto')];
  const { id: roomId } = await owner.http.rooms.create.mutate({ name: 'Harbour', visibility: 'private' });
  const say = (content: string) => owner.http.messages.send.mutate({ roomId, clientId: randomUUID(), content });
  const { message } = await say('the ship sails');
  await say('the ship came back');
  expect(await owner.http.messages.first.query({ roomId, words: 'ship' })).toEqual(message);
  const code = (code: string) => ({ data: { appCode: code } });
  await expect(owner.http.messages.first.query({ roomId, words: 'train' })).rejects.toMatchObject(code('MESSAGE_NOT_FOUND'));
  await expect(outsider.http.messages.first.query({ roomId, words: 'ship' })).rejects.toMatchObject(code('ROOM_NOT_FOUND'));
  await expect(owner.http.messages.first.query({ roomId, words: '' })).rejects.toMatchObject(code('VALIDATION'));
  const path = \`/api/rooms/\${roomId}/first\`;
  expect((await restOf(world(), owner.accessToken)('GET', path + '?words=ship')).body).toEqual(message);
  const { paths } = (await restOf(world())('GET', '/api/openapi.json')).body as { paths: Record<string, { get: object }> };
  expect(paths['/api/rooms/{roomId}/first']!.get).toMatchObject({ operationId: 'messages.first' });
});
`,
  'apps/api/src/realtime/surfaces/probe.test.ts': `import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { createTestApi } from '../../testing/test-api.js';

test('a surface tells a member what is said, and nobody else', async () => {
  await using world = await createTestApi();
  const owner = await world.register('olga');
  const { id: roomId } = await owner.http.rooms.create.mutate({ name: 'Harbour', visibility: 'private' });
  const wall = (token: string) => fetch(\`\${world.api.url}/wall/\${roomId}\`, { headers: { authorization: \`Bearer \${token}\` } });
  expect((await wall((await world.register('otto')).accessToken)).status).toBe(404);
  const reader = (await wall(owner.accessToken)).body!.pipeThrough(new TextDecoderStream()).getReader();
  expect(await reader.read()).toMatchObject({ value: 'listening\\n' });
  await owner.http.messages.send.mutate({ roomId, clientId: randomUUID(), content: 'Ahoy!' });
  expect(await reader.read()).toMatchObject({ value: 'olga: Ahoy!\\n' });
  await reader.cancel();
});
`,
};

test('what CONTRIBUTING adds is added by its diffs alone: a command, a procedure, a surface, a channel of the bus', async () => {
  const page = await readFile(join(root, 'CONTRIBUTING.md'), 'utf8');
  const diffs = [...page.matchAll(/^```diff\n(.*?)^```$/gms)].map(([, diff]) => diff);
  // A command is two files. A procedure is its input, its row, and its use case with its line in the router. The others are one file each.
  expect(diffs.map((diff) => diff.match(/^diff --git /gm).length)).toEqual([2, 4, 1, 1]);
  const { path: cwd, remove } = copyTree(root);
  onTestFinished(remove);
  for (const diff of diffs) execFileSync('git', ['apply', '--recount', '--whitespace=nowarn', '-'], { cwd, input: diff });
  for (const workspace of ['packages/contracts', 'packages/core', 'apps/api'])
    await run('npm', ['run', 'generate', '-w', workspace], { cwd });
  for (const [path, probe] of Object.entries(probes)) await writeFile(join(cwd, path), probe);
  const { VITEST: _own, ...env } = process.env;
  const vitest = join(cwd, 'node_modules/vitest/vitest.mjs');
  // Use one process, because a second would load everything again.
  const { stdout } = await run(
    process.execPath,
    [vitest, 'run', '--root', cwd, '--project', 'unit', '--maxWorkers', '1', 'probe.test.ts'],
    {
      cwd,
      env: { ...env, NO_COLOR: '1' },
    },
  );
  expect(stdout).toMatch(/Tests {2}8 passed/);
}, 600_000);
