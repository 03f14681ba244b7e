import { expect, test, vi } from 'vitest';
import { problem, ScriptedRest, type RestAnswer, type RestCall } from '../../testing/scripted-rest.js';
import { Parley } from '../parley.js';
import type { AgentTask } from './agent-task.js';
import type { AgentTaskView } from '../views.js';

const view: AgentTaskView = {
  taskId: 't1',
  attempt: 3,
  leaseMs: 60_000,
  roomId: 'r1',
  messageId: 'm1',
  prompt: 'You are Scout.',
  messages: [{ role: 'user', content: 'Hello' }],
  askedBy: { name: 'Olga', handle: 'olga' },
  trigger: { kind: 'mention', messageId: 'm0', question: 'Hello' },
  private: false,
  stopRequested: false,
};

/** The server of one agent: it hands out one task, and keeps what is written to it as the API does. */
class AgentServer implements AsyncDisposable {
  /** What was written, put together. */
  text = '';
  stopRequested = false;
  /** Answers instead of what follows; undefined lets it. */
  onCall: (call: RestCall) => RestAnswer | undefined = () => undefined;
  readonly ends: [string, Record<string, unknown>][] = [];
  #handed = false;
  #listening: (() => void)[] = [];

  readonly rest: ScriptedRest;

  private constructor(rest: ScriptedRest, task: AgentTaskView) {
    this.rest = rest;
    rest.answer = async (call) => {
      const other = this.onCall(call);
      if (other) return other;
      if (call.path === '/api/agents/scout/tasks') {
        if (this.#handed) return () => {};
        this.#handed = true;
        return [200, { task }];
      }
      if (!call.path.endsWith('/write')) {
        this.ends.push([call.path.split('/').at(-1)!, call.body]);
        return [200, { message: { id: 'm1' } }];
      }
      const { offset, text, wait } = call.body as { offset: number; text: string; wait?: number };
      if (offset > this.text.length) return problem(409, 'TEXT_MISSING', { offset: this.text.length });
      this.text = this.text.slice(0, offset) + text;
      if (wait && !this.stopRequested) await new Promise<void>((resolve) => this.#listening.push(resolve));
      return [200, { stopRequested: this.stopRequested, leaseMs: task.leaseMs, length: this.text.length }];
    };
  }

  static async start(task: Partial<AgentTaskView> = {}): Promise<AgentServer> {
    return new AgentServer(await ScriptedRest.start(), { ...view, ...task });
  }

  get listening(): number {
    return this.#listening.length;
  }

  get writes(): RestCall[] {
    return this.rest.calls.filter(({ path, body }) => path.endsWith('/write') && body.text !== '');
  }

  stop(): void {
    this.stopRequested = true;
    for (const resolve of this.#listening) resolve();
  }

  tasks(signal?: AbortSignal): AsyncGenerator<AgentTask, void, undefined> {
    return new Parley({ url: this.rest.url, key: 'parley_key', backoff: { firstMs: 1, maxMs: 1 } }).agent('@scout').tasks({ signal });
  }

  async task(): Promise<AgentTask> {
    return (await this.tasks().next()).value as AgentTask;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.rest[Symbol.asyncDispose]();
  }
}

test('a task has what is asked, is written in order, and ends with the whole text', async () => {
  await using server = await AgentServer.start();
  for await (const task of server.tasks()) {
    expect(task).toMatchObject({
      id: 't1',
      prompt: 'You are Scout.',
      messages: view.messages,
      askedBy: view.askedBy,
      trigger: view.trigger,
    });
    for (const word of ['The ', 'tide ', 'is ', 'in.']) await task.write(word);
    await expect.poll(() => server.text).toBe('The tide is in.');
    expect(await task.done({ usage: { inputTokens: 2, outputTokens: 4 } })).toEqual({ id: 'm1' });
    break;
  }
  expect(server.rest.calls[0]!.body).toEqual({ wait: 25_000 });
  // Written in one breath, sent together.
  expect(server.writes.map(({ body }) => body)).toEqual([{ attempt: 3, offset: 0, text: 'The tide is in.' }]);
  expect(server.ends).toEqual([['done', { attempt: 3, text: 'The tide is in.', usage: { inputTokens: 2, outputTokens: 4 } }]]);
});

test('one call is in flight, also while much is written; half a character waits for its other half', async () => {
  await using server = await AgentServer.start();
  const task = await server.task();
  let under = 0;
  server.onCall = ({ path, body }) => {
    if (!path.endsWith('/write') || body.text === '') return undefined;
    expect(++under).toBe(1);
    setImmediate(() => under--);
    return undefined;
  };
  const long = 'x'.repeat(40_000);
  await task.write(`${long}\ud83d`);
  await task.write('\ude00 end \ud83d');
  await expect.poll(() => server.text).toBe(`${long}😀 end `);
  await task.done();
  expect(server.ends[0]![1].text).toBe(`${long}😀 end \ufffd`);
  expect(server.writes.every(({ body }) => (body.text as string).length <= 16_384)).toBe(true);
});

test('a clock that is put back holds nothing up', async () => {
  await using server = await AgentServer.start();
  const task = await server.task();
  await task.write('Tea ');
  await expect.poll(() => server.text).toBe('Tea ');
  vi.spyOn(Date, 'now').mockReturnValue(Date.now() - 3_600_000);
  try {
    await task.write('at four');
    await expect.poll(() => server.text).toBe('Tea at four');
  } finally {
    vi.restoreAllMocks();
  }
  await task.done();
});

test('a stop reaches a silent task at once, and ends it as stopped, whatever it says', async () => {
  await using server = await AgentServer.start();
  const task = await server.task();
  await task.write('So far');
  await expect.poll(() => server.listening).toBe(1);
  server.stop();
  await new Promise<void>((resolve) => task.signal.addEventListener('abort', () => resolve()));
  expect(task.stopped).toBe(true);
  await task.fail('aborted');
  expect(server.ends).toEqual([['done', { attempt: 3, text: 'So far', stopped: true }]]);
});

test('a write ends the call that listens, and needs not wait for it', async () => {
  await using server = await AgentServer.start();
  const task = await server.task();
  await expect.poll(() => server.listening).toBe(1);
  await task.write('At last');
  await expect.poll(() => server.text).toBe('At last');
  expect(server.rest.calls.filter(({ body }) => body.wait === 20_000 && body.text === '').map(({ gone }) => gone)).toEqual([true]);
  await task.done();
});

test('where the server has lost the beginning, it is sent again from there', async () => {
  await using server = await AgentServer.start();
  const task = await server.task();
  await task.write('One two ');
  await expect.poll(() => server.text).toBe('One two ');
  server.text = 'One ';
  await task.write('three');
  await expect.poll(() => server.text).toBe('One two three');
  await task.done();
});

test('a task that another took over aborts, and its end is nobody’s', async () => {
  await using server = await AgentServer.start();
  const task = await server.task();
  server.onCall = ({ path }) => (path.endsWith('/write') ? problem(409, 'ATTEMPT_OVER') : undefined);
  await task.write('Late');
  await new Promise<void>((resolve) => task.signal.addEventListener('abort', () => resolve()));
  expect(task.stopped).toBe(false);
  await task.write('Later');
  expect([await task.done(), await task.fail('late')]).toEqual([null, null]);
  expect(server.ends).toEqual([]);
});

test('what passes does not end a task; what does not, is said at its end', async () => {
  await using server = await AgentServer.start();
  const task = await server.task();
  const answers = [problem(503, 'UNAVAILABLE', { retryAfterMs: 1 }), (response: { destroy(): void }) => response.destroy()] as RestAnswer[];
  server.onCall = ({ path }) => (path.endsWith('/write') ? answers.shift() : undefined);
  await task.write('Through');
  await expect.poll(() => server.text).toBe('Through');
  server.onCall = ({ path }) => (path.endsWith('/write') ? problem(403, 'FORBIDDEN') : undefined);
  await task.write(' all');
  await new Promise<void>((resolve) => task.signal.addEventListener('abort', () => resolve()));
  await expect(task.done()).rejects.toMatchObject({ code: 'FORBIDDEN' });
});

test('a failure is a line; a loop that is left lets its tasks go', async () => {
  await using server = await AgentServer.start();
  const failed = await server.task();
  await failed.fail('Out\nof   luck', { retry: true });
  expect(server.ends).toEqual([['fail', { attempt: 3, message: 'Out of luck', retry: true }]]);
  await using another = await AgentServer.start({ stopRequested: true });
  let left: AgentTask | undefined;
  for await (const task of another.tasks()) {
    expect([task.stopped, task.signal.aborted]).toEqual([true, true]);
    left = task;
    break;
  }
  expect(await left!.done()).toBeNull();
  expect(another.ends).toEqual([]);
});

test('tasks are waited for through what passes, until the signal aborts; a refusal is thrown', async () => {
  await using server = await AgentServer.start();
  const answers: RestAnswer[] = [[200, { task: null }], problem(503, 'UNAVAILABLE', { retryAfterMs: 1 }), (response) => response.destroy()];
  server.onCall = ({ path }) => (path.endsWith('/tasks') ? answers.shift() : undefined);
  const abort = new AbortController();
  let seen = 0;
  for await (const task of server.tasks(abort.signal)) {
    seen++;
    await task.done();
    setTimeout(() => abort.abort());
  }
  expect(seen).toBe(1);
  server.onCall = () => problem(404, 'CHARACTER_NOT_FOUND');
  await expect(server.tasks().next()).rejects.toMatchObject({ code: 'CHARACTER_NOT_FOUND' });
});
