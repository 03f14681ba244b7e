import { describe, expect, it } from 'vitest';
import { readAnswerRules, scriptOf } from './answer-rules.js';
import { startModelServer, type ModelServer } from './model-server.js';

async function ask(server: ModelServer, content: string, model = 'm'): Promise<{ status: number; text: string }> {
  const body = JSON.stringify({ model, messages: [{ role: 'user', content }] });
  const response = await fetch(`${server.url}/chat/completions`, { method: 'POST', body });
  const answer = (await response.json()) as { choices?: { message: { content: string } }[]; error?: { message: string } };
  return { status: response.status, text: answer.choices?.[0]?.message.content ?? answer.error?.message ?? '' };
}

describe('answers as JSON', () => {
  it('are given by the first that fits, and by the next once it was given as often as it says', async () => {
    await using server = await startModelServer({
      script: scriptOf(
        readAnswerRules([
          { when: 'WEATHER', text: 'It rains.' },
          { model: 'slow', refuse: 'overloaded', times: 1 },
          { protocol: 'google', text: 'never here' },
          { times: 2, steps: ['a', { text: 'b' }] },
          { model: 'slow', status: 418, error: { message: 'tea' } },
        ]),
      ),
    });
    expect(await ask(server, 'the weather?')).toEqual({ status: 200, text: 'It rains.' });
    expect((await ask(server, 'x', 'slow')).status).toBe(503);
    expect(await ask(server, 'x', 'slow')).toEqual({ status: 200, text: 'ab' });
    expect(await ask(server, 'x')).toEqual({ status: 200, text: 'ab' });
    expect(await ask(server, 'x', 'slow')).toEqual({ status: 418, text: 'tea' });
    expect(await ask(server, 'x')).toEqual({ status: 500, text: 'no answer is scripted for this request' });
  });

  it.each([
    [{}, 'The answers: write a list of answers.'],
    [[{ text: 'a' }, { when: 'x' }], 'Answer 1: say one of text, steps, refuse, status.'],
    [[{ text: 'a', refuse: 'rate_limit' }], 'Answer 0: say one of text, steps, refuse, status.'],
    [[{ steps: [{ dance: true }] }], 'Answer 0.steps.0: a step is a text, or one of text, reasoning, call'],
    [[{ text: 'a', times: 0 }], 'Answer 0.times: '],
    [[{ txet: 'a' }], 'Answer 0: Unrecognized key: "txet"'],
  ])('that are none are refused by their place: %j', (rules, message) => {
    expect(() => readAnswerRules(rules)).toThrow(message);
  });
});

describe('the server asked by other programs', () => {
  const put = (server: ModelServer, path: string, body: unknown): Promise<Response> =>
    fetch(server.origin + path, { method: 'PUT', body: typeof body === 'string' ? body : JSON.stringify(body) });

  it('takes answers, shows what it was sent, and forgets both', async () => {
    await using server = await startModelServer();
    expect((await put(server, '/answers', [{ text: 'From afar.' }])).status).toBe(200);
    expect(await ask(server, 'hello')).toEqual({ status: 200, text: 'From afar.' });
    const { requests } = (await (await fetch(`${server.origin}/requests`)).json()) as { requests: object[] };
    expect(requests).toMatchObject([{ protocol: 'openai', turns: [{ role: 'user', text: 'hello' }], sent: 'From afar.' }]);
    await fetch(`${server.origin}/requests`, { method: 'DELETE' });
    await fetch(`${server.origin}/answers`, { method: 'DELETE' });
    expect(server.requests).toEqual([]);
    expect((await ask(server, 'hello')).text).toBe('Hello from the scripted model.');
  });

  it('takes the models it lists', async () => {
    await using server = await startModelServer();
    await put(server, '/models', ['one', 'two']);
    expect(await (await fetch(`${server.url}/models`)).json()).toMatchObject({ data: [{ id: 'one' }, { id: 'two' }] });
  });

  it('says what is wrong, and keeps what it had', async () => {
    await using server = await startModelServer();
    for (const [path, body, message] of [
      ['/answers', '{', 'The body is no JSON.'],
      ['/answers', [{}], 'Answer 0: say one of text, steps, refuse, status.'],
      ['/models', { a: 1 }, 'Write a list of names of models.'],
    ] as const) {
      const response = await put(server, path, body);
      expect([response.status, await response.json()]).toEqual([400, { error: { message } }]);
    }
    expect((await ask(server, 'hello')).text).toBe('Hello from the scripted model.');
  });

  it('shows nothing to a page that reached it by another name', async () => {
    await using server = await startModelServer();
    const { request } = await import('node:http');
    const status = await new Promise((resolve, reject) => {
      request(`${server.origin}/requests`, { headers: { host: 'evil.example' } }, ({ statusCode }) => resolve(statusCode))
        .on('error', reject)
        .end();
    });
    expect(status).toBe(403);
  });
});
