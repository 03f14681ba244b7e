import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RecordedRequest } from '@parley/model-server';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Collected } from './harness/collected.js';
import { register, type Person, type Tracked } from './harness/person.js';
import { startProcess, type RunningProcess } from './harness/processes.js';

/** docs/model-server.md, step by step: the program, and a Parley that believes it to be a provider. */

let dataDir: string;
const started: RunningProcess[] = [];
let origin: string;
let person: Person;
let commands: string[];
let roomId: string;
let events: Collected<Tracked>;

beforeAll(async () => {
  const page = await readFile(new URL('../../docs/model-server.md', import.meta.url), 'utf8');
  commands = [...page.matchAll(/^```sh\n([^]*?)^```/gm)].map(([, text]) => text!);
  dataDir = await mkdtemp(join(tmpdir(), 'parley-model-server-'));
  const modelServer = startProcess('modelServer', {}, { args: ['--port', '0'] });
  started.push(modelServer);
  [, origin = ''] = await modelServer.printed(/answers at (http\S+)\./);
  const [, set = ''] = /^(OPENAI_BASE_URL=.*) npm start$/m.exec(commands[0]!) ?? [];
  const variables = Object.fromEntries(set.split(' ').map((one) => one.split(/=(.*)/).slice(0, 2)));
  variables.OPENAI_BASE_URL = here(variables.OPENAI_BASE_URL);
  const parley = startProcess('standalone', { PORT: '0', DATA_DIR: dataDir, REPLY_RETRY_DELAY_MS: '1', ...variables });
  started.push(parley);
  const [, url] = await parley.printed(/Parley is at (http\S+)/);
  person = await register(url!, 'kay');
  const [lobby] = await person.http.rooms.list.query();
  roomId = lobby!.room.id;
  events = person.read(roomId).events;
  await events.until((items) => items.length > 0);
});
afterAll(async () => {
  await person?.[Symbol.asyncDispose]();
  await Promise.all(started.map((running) => running.stop()));
  await rm(dataDir, { recursive: true, force: true });
});

/** A command of the page, asked of this server. */
function here(text: string): string {
  return text.replaceAll('http://127.0.0.1:4010', origin);
}

/** What a `curl` of the page asks, asked by `fetch`: its address, its method, its data. */
async function curl(command: string): Promise<Response> {
  const [, method = 'GET'] = /-X (\w+)/.exec(command) ?? [];
  const [, url = ''] = /(http\S+)/.exec(command) ?? [];
  const [, body] = /-d '([^]*)'/.exec(command) ?? [];
  return fetch(here(url), { method, ...(body === undefined ? {} : { body }) });
}

async function ask(question: string): Promise<string> {
  const { replies } = await person.http.messages.send.mutate({ roomId, clientId: randomUUID(), content: `/ask ${question}` });
  const answer = (): string | undefined => {
    for (const { data } of events.items)
      if (data.type === 'message' && data.message.id === replies[0]!.id && data.message.status === 'complete') return data.message.content;
    return undefined;
  };
  await events.until(() => answer() !== undefined);
  return answer()!;
}

test('a Parley without a key answers what the model server is told to, and it shows what it was sent', async () => {
  expect(await ask('what now?')).toBe('Hello from the scripted model.');
  expect((await curl(commands[1]!)).status).toBe(200);
  expect(await ask('how is the weather?')).toBe('It rains.');
  expect(await ask('what now?')).toBe('One word.');
  const { requests } = (await (await curl(commands[2]!)).json()) as { requests: RecordedRequest[] };
  // The third was refused once, and tried again.
  expect(requests.map(({ sent }) => sent)).toEqual(['Hello from the scripted model.', 'It rains.', '', 'One word.']);
  expect(requests[1]).toMatchObject({ protocol: 'openai', model: 'scripted', stream: true, path: '/v1/chat/completions' });
  expect(requests[1]!.turns.at(-1)!.text).toContain('how is the weather?');
});

test('the program names what is wrong with its arguments', async () => {
  const wrong = startProcess('modelServer', {}, { args: ['--answers', 'package.json'] });
  started.push(wrong);
  expect((await wrong.exited).code).toBe(1);
  expect(wrong.output()).toContain('The answers: write a list of answers.');
});
