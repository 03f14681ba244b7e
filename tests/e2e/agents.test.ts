import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { AgentTask, MessageView, WrittenAnswer } from '@parley/contracts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { root } from '../../scripts/lib/paths.mjs';
import { startCluster, type Cluster } from './harness/cluster.js';
import { patienceMs } from './harness/patience.js';
import { register, type Person, type Tracked } from './harness/person.js';
import { startProgram } from './harness/processes.js';

const run = promisify(execFile);
let directory: string;
let cluster: Cluster;
let olga: Person;
let key: string;
let roomId: string;
let page: string;
let agentFile: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'parley-agents-'));
  page = await readFile(join(root, 'docs/agents.md'), 'utf8');
  agentFile = join(directory, 'agent.mjs');
  await writeFile(agentFile, snippet('js', 'function* think'));
  cluster = await startCluster({ workers: 1, variables: { AGENT_LEASE_MS: '60000', AGENT_SWEEP_MS: '200' } });
  // Whoever takes a task here may be silent for a moment only.
  await cluster.startApi({ AGENT_LEASE_MS: '1500' });
  olga = await register(cluster.apis[0]!.url, 'olga');
  ({ id: roomId } = await olga.http.rooms.create.mutate({ name: 'Harbour' }));
  ({ key } = await olga.http.keys.create.mutate({ name: 'agent', scopes: ['agents:serve'] }));
});
afterAll(async () => {
  await olga?.[Symbol.asyncDispose]();
  await cluster?.[Symbol.asyncDispose]();
  await rm(directory, { recursive: true, force: true });
});

function snippet(language: string, containing: string): string {
  const found = [...page.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'gms'))].map(([, code]) => code!);
  return found.find((code) => code.includes(containing))!;
}

/** A character in the room whose answers a program writes. */
async function makeAgent(handle: string): Promise<void> {
  const { character } = await olga.http.characters.create.mutate({
    handle,
    name: handle,
    systemPrompt: 'You know the tides.',
    model: 'agent',
  });
  await olga.http.rooms.addCharacter.mutate({ roomId, characterId: character.id });
}

async function ask(handle: string, question: string): Promise<MessageView> {
  const { replies } = await olga.http.messages.send.mutate({ roomId, clientId: randomUUID(), content: `@${handle} ${question}` });
  return replies[0]!;
}

const answer = (messageId: string) => olga.http.messages.get.query({ messageId });
const answered = async (messageId: string, status: MessageView['status']) =>
  await expect.poll(async () => (await answer(messageId)).status, { timeout: patienceMs }).toBe(status);

/** A call of an agent to one of the APIs. */
async function call<Answer>(api: number, path: string, body: object): Promise<Answer & { code?: string }> {
  const response = await fetch(`${cluster.apis[api]!.url}/api/agents/${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return (await response.json()) as Answer & { code?: string };
}

/** Starts the program of docs/agents.md, which thinks by this code. */
async function startAgent(handle: string, think: string, api = 0) {
  const file = join(directory, `${randomUUID()}.mjs`);
  const code = await readFile(agentFile, 'utf8');
  await writeFile(file, code.replace(/^async function\* think.*?^}/ms, think));
  const running = startProgram(file, { args: [cluster.apis[api]!.url, key, `@${handle}`] });
  await running.printed(/^serving$/m);
  return running;
}

const silentAfter = (text: string) => `async function* think() { yield ${JSON.stringify(text)}; await new Promise(() => {}); }`;

test('the program of docs/agents.md serves a character', async () => {
  await makeAgent('scout');
  const running = startProgram(agentFile, { args: [cluster.apis[0]!.url, key, '@scout'] });
  try {
    await running.printed(/^serving$/m);
    const { id } = await ask('scout', 'when is high water?');
    await running.printed(/^complete You asked: when is high water\?$/m);
    expect(await answer(id)).toMatchObject({ status: 'complete', content: 'You asked: when is high water?' });
  } finally {
    await running.stop();
  }
});

test('a piece may end in the middle of an emoji', async () => {
  await makeAgent('halves');
  const running = await startAgent(
    'halves',
    `async function* think() { yield 'A ship: \\ud83d'; yield '\\udea2, and a flag: \\ud83c'; yield '\\udff4.'; }`,
  );
  try {
    const { id } = await ask('halves', 'what is there?');
    await running.printed(/^complete A ship: 🚢, and a flag: 🏴\.$/m);
    expect(await answer(id)).toMatchObject({ status: 'complete', content: 'A ship: 🚢, and a flag: 🏴.' });
  } finally {
    await running.stop();
  }
});

test('the commands of docs/agents.md are answered as it says', async () => {
  const variables = { PARLEY: cluster.apis[0]!.url, TOKEN: olga.accessToken, KEY: key, ROOM: roomId, CHARACTER: '', TASK: '' };
  const sh = async (containing: string) => {
    const answers: Record<string, unknown>[] = [];
    for (const command of snippet('sh', containing).split(/\n(?=curl)/)) {
      const { stdout } = await run('bash', ['-c', command.replaceAll('scout', 'curly')], { env: { ...process.env, ...variables } });
      answers.push(JSON.parse(stdout) as Record<string, unknown>);
    }
    return answers.at(-1)!;
  };
  const made = (await sh('"model": "agent"')) as { character: { id: string } };
  variables.CHARACTER = made.character.id;
  const { replies } = (await sh('$CHARACTER')) as { replies: { id: string }[] };
  const { id } = replies[0]!;
  const taken = (await sh('/tasks -H')) as unknown as { task: AgentTask };
  const said = JSON.parse(snippet('json', '"task"')) as { task: AgentTask };
  expect(Object.keys(taken.task)).toEqual(Object.keys(said.task));
  expect(Object.keys(taken.task.trigger)).toEqual(Object.keys(said.task.trigger));
  variables.TASK = taken.task.taskId;
  expect(await sh('/write')).toEqual({ ...(JSON.parse(snippet('json', '"length"')) as object), leaseMs: 60_000 });
  expect(await sh('/done')).toMatchObject({ message: { id, status: 'complete', content: 'High water is at four.' } });
});

test('an agent that is killed in mid-answer is taken over: one final message', async () => {
  await makeAgent('mortal');
  const { id, seq } = await ask('mortal', 'tell me');
  const { events, stop } = olga.read(roomId, 0);
  const first = await startAgent('mortal', silentAfter('I was about to'), 2);
  await events.until((items) => items.some(({ data }) => data.type === 'delta' && data.messageId === id));
  first.signal('SIGKILL');
  const second = await startAgent('mortal', `async function* think() { yield 'I am '; yield 'another.'; }`, 1);
  try {
    await second.printed(/^complete I am another\.$/m);
    await answered(id, 'complete');
    expect(await answer(id)).toMatchObject({ content: 'I am another.', seq });
    const ends = ({ data }: Tracked) => data.type === 'message' && data.message.id === id && data.message.status === 'complete';
    await events.until((items) => items.some(ends));
    expect(events.items.filter(ends)).toHaveLength(1);
    // What the first would have said comes too late, at every API.
    for (const api of [0, 1]) {
      expect(await call(api, `tasks/${id}/write`, { attempt: 1, offset: 14, text: ' say' })).toMatchObject({ code: 'ATTEMPT_OVER' });
      expect(await call(api, `tasks/${id}/done`, { attempt: 1, text: 'Mine.' })).toMatchObject({ code: 'ATTEMPT_OVER' });
    }
  } finally {
    stop();
    await second.stop();
    await first.stop();
  }
});

test('Stop reaches an agent that is silent, at whichever API it waits', async () => {
  await makeAgent('silent');
  // It stops thinking when its program says so: the program waits for a stop in a call of its own.
  const think = `let stopNow; const stopping = new Promise((resolve) => { stopNow = resolve; });
    async function* think() { yield 'Once upon'; await stopping; yield ' a time'; }`;
  const file = join(directory, 'silent.mjs');
  const code = (await readFile(agentFile, 'utf8'))
    .replace(/^async function\* think.*?^}/ms, think)
    .replace('watch().catch(() => {});', 'watch().then(() => stopped && stopNow(), () => {});');
  await writeFile(file, code);
  const running = startProgram(file, { args: [cluster.apis[1]!.url, key, '@silent'] });
  try {
    await running.printed(/^serving$/m);
    const { events, stop } = olga.read(roomId, 0);
    const { id } = await ask('silent', 'a story');
    await events.until((items) => items.some(({ data }) => data.type === 'delta' && data.messageId === id));
    stop();
    await olga.http.replies.stop.mutate({ messageId: id });
    await running.printed(/^stopped Once upon/m);
    expect(await answer(id)).toMatchObject({ status: 'stopped', reply: { stoppedBy: olga.id } });
  } finally {
    await running.stop();
  }
});

test('each call may reach another API, and the text survives one that is killed', async () => {
  await makeAgent('hopper');
  const { id } = await ask('hopper', 'hop');
  const { task } = await call<{ task: AgentTask }>(0, '@hopper/tasks', { wait: 10_000 });
  const { attempt } = task;
  let text = '';
  const write = (api: number, piece: string, offset = text.length) =>
    call<WrittenAnswer>(api, `tasks/${id}/write`, { attempt, offset, text: piece });
  for (const [place, piece] of ['Each ', 'piece ', 'to ', 'another ', 'one.'].entries()) {
    const written = await write(place % 2, piece);
    text += piece;
    expect(written).toMatchObject({ length: text.length, stopRequested: false });
  }
  expect(await write(2, ' And a third.')).toMatchObject({ length: text.length + 13 });
  text += ' And a third.';
  cluster.apis[2]!.signal('SIGKILL');
  expect(await write(0, ' Gone.')).toMatchObject({ length: text.length + 6 });
  text += ' Gone.';
  const { message } = await call<{ message: MessageView }>(1, `tasks/${id}/done`, { attempt, length: text.length });
  expect(message).toMatchObject({ id, status: 'complete', content: text });
});

test('where nobody serves the character the room sees queued, then a failure that says so', async () => {
  await makeAgent('absent');
  await cluster.startApi({ AGENT_WAIT_MS: '1000' });
  const reply = await ask('absent', 'hello?');
  expect(reply.status).toBe('queued');
  await answered(reply.id, 'failed');
  expect((await answer(reply.id)).error).toMatchObject({ code: 'AGENT_AWAY' });
});
