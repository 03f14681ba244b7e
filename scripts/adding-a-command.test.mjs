import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { root } from './lib/paths.mjs';

const run = promisify(execFile);

/** A command that is not ours: it takes a language and a text, is for moderators, and answers its asker alone where they say so. */
const definition = `import { defineCommand } from '../command-line/define-command.js';
import { takeWord } from '../command-line/split-command.js';

export default defineCommand({
  name: 'shout',
  args: 'text [private]',
  help: 'Says a text loudly',
  examples: ['/shout hello', '/shout hello private'],
  who: 'moderator',
  answeredBy: 'model',
  costsTokens: true,
  text: true,
  schema: (z) => z.string().min(1, 'Write what to shout.').transform((text) => takeWord(text, 'private')),
  answer: ({ taken }) => (taken ? 'asker' : 'room'),
  ask: ({ rest }) => ({ question: rest, data: { loud: rest.length } }),
});
`;
const task = `import { commandFiles } from '@parley/contracts/commands';
import { defineTask } from '../models/command-task.js';

export default defineTask(commandFiles.shout, {
  messages: { kind: 'last', count: 3 },
  instruct: ({ data }, who) => \`Shout the last message of \${who}, \${data?.loud} letters long.\`,
  compose: ({ task }) => (task.question ?? '').toUpperCase(),
});
`;

/** What must know it, each asked where it lives. */
const probes = {
  'packages/contracts/src/probe.test.ts': `import { expect, test } from 'vitest';
import { commands, helpText, parseCommand } from './command-line/index.js';

test('parser, nearest name and help', () => {
  expect(parseCommand('/shout now')).toMatchObject({ call: { command: { name: 'shout' }, answer: 'room', asked: { question: 'now', data: { loud: 3 } } } });
  expect(parseCommand('/shuot now')).toEqual({ kind: 'unknown', name: 'shuot', nearest: 'shout' });
  expect(parseCommand('/shout')).toEqual({ kind: 'invalid', name: 'shout', reason: 'Write what to shout.' });
  expect(helpText()).toContain('- \`/shout text [private]\` — Says a text loudly (moderators only)');
  expect(commands.map(({ name }) => name)).toEqual(['summary', 'ask', 'help', 'shout']);
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
  'apps/worker/src/replies/probe.test.ts': `import { expect, test } from 'vitest';
import { chat, contextOf } from '../models/prompt-context.fixture.js';
import { taskOf } from '../models/task-of.js';
import { buildPrompt } from './build-prompt.js';

test('the prompt, the messages it reads and the built-in answer', () => {
  const context = contextOf({ kind: 'shout', question: 'now', scope: null, data: { loud: 3 } }, chat('bo: hi'));
  expect(JSON.stringify(buildPrompt(context))).toContain('<task>Shout the last message of Bo (@bo), 3 letters long.</task>');
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
  expect(await listed(owner)).toEqual({ name: 'shout', args: 'text [private]', help: 'Says a text loudly', private: false });
  expect(await listed(guest)).toBeUndefined();
});
`,
  'apps/web/src/features/composer/probe.test.ts': `import { expect, test } from 'vitest';
import { checkDraft } from './check-draft.js';
import { completionAt } from './completion.js';
import { commandsFor } from './commands-for.js';

test('completion and the check of a draft', () => {
  const offered = (role: 'member' | 'moderator') => completionAt('/sh', 3, { commands: commandsFor(role), mentionables: [] })?.items.map(({ insert }) => insert);
  expect(offered('moderator')).toEqual(['/shout ']);
  expect(offered('member')).toBeUndefined();
  expect(checkDraft('/shout')).toMatchObject({ message: 'Write what to shout.' });
});
`,
};

/** A copy of what tests need, with the third parties of the original. */
async function copyOfTree() {
  const copy = await mkdtemp(join(tmpdir(), 'parley-adding-'));
  const wanted = (path) => !/[/\\](?:node_modules|dist|\.turbo)$|\.test\.tsx?$|\.tsbuildinfo$/.test(path);
  for (const part of ['packages', 'apps', 'scripts', 'vitest.config.ts', 'package.json', 'tsconfig.base.json']) {
    await cp(join(root, part), join(copy, part), { recursive: true, filter: wanted });
  }
  const modules = join(copy, 'node_modules');
  await mkdir(join(modules, '@parley'), { recursive: true });
  for (const name of await readdir(join(root, 'node_modules'))) {
    if (name !== '@parley') await symlink(join(root, 'node_modules', name), join(modules, name));
  }
  for (const folder of ['packages', 'apps']) {
    for (const name of await readdir(join(copy, folder))) await symlink(join(copy, folder, name), join(modules, '@parley', name));
  }
  return copy;
}

test('a command is two files: with them alone it is parsed, helped with, listed, completed, planned, admitted, asked and answered', async () => {
  const copy = await copyOfTree();
  onTestFinished(() => rm(copy, { recursive: true, force: true }));
  await writeFile(join(copy, 'packages/contracts/src/commands/shout.ts'), definition);
  await writeFile(join(copy, 'apps/worker/src/tasks/shout.ts'), task);
  for (const workspace of ['packages/contracts', 'packages/core', 'apps/worker']) {
    await run('npm', ['run', 'generate', '-w', workspace], { cwd: copy });
  }
  for (const [path, probe] of Object.entries(probes)) await writeFile(join(copy, path), probe);
  const vitest = join(copy, 'node_modules/vitest/vitest.mjs');
  const { VITEST: _own, ...env } = process.env;
  const { stdout } = await run(process.execPath, [vitest, 'run', '--root', copy, '--project', 'unit', 'probe.test.ts'], {
    cwd: copy,
    env: { ...env, NO_COLOR: '1' },
  });
  expect(stdout).toMatch(/Tests {2}5 passed/);
}, 240_000);
