import { expect, test } from 'vitest';
import { problem, ScriptedRest, type RestAnswer } from '../../testing/scripted-rest.js';
import { Calls, type CallsOptions } from './calls.js';

const backoff = { firstMs: 1, maxMs: 1 };

/** A server that gives these answers, one after another, the last for ever. */
async function answering(answers: RestAnswer[], options: Partial<CallsOptions> = {}) {
  const server = await ScriptedRest.start();
  server.answer = () => (answers.length > 1 ? answers.shift()! : answers[0]!);
  return { server, calls: new Calls({ url: server.url, key: 'parley_key', backoff, ...options }) };
}

test('a call carries the key, its fields and its JSON, and answers JSON', async () => {
  const { server, calls } = await answering([[200, { ok: true }]]);
  await using _server = server;
  expect(await calls.call('GET', '/api/search', { query: { query: 'a b&c', limit: 3, before: undefined } })).toEqual({ ok: true });
  await calls.call('POST', '/api/rooms', { body: { name: 'Harbour' }, idempotencyKey: 'once' });
  const [search, create] = server.calls;
  expect(search!.headers.authorization).toBe('Bearer parley_key');
  expect(Object.fromEntries(search!.query)).toEqual({ query: 'a b&c', limit: '3' });
  expect(create).toMatchObject({ method: 'POST', body: { name: 'Harbour' } });
  expect(create!.headers).toMatchObject({ 'content-type': 'application/json', 'idempotency-key': 'once' });
});

test('a path takes the key to no other host', async () => {
  const asked: string[] = [];
  const note = (url: RequestInfo | URL) => {
    asked.push(new URL(String(url)).host);
    return Promise.resolve(Response.json(1));
  };
  const calls = new Calls({ url: 'https://chat.example.org', key: 'parley_key', fetch: note as typeof fetch });
  for (const path of ['@evil.example/', '.evil.example/', ':pass@evil.example/', 'api/rooms', ''])
    await expect(calls.call('GET', path)).rejects.toThrow(TypeError);
  for (const path of ['//evil.example/', '/\\evil.example/', '/@evil.example/']) await calls.call('GET', path);
  expect(asked).toEqual(Array.from({ length: 3 }, () => 'chat.example.org'));
});

test('what passes is tried again, until it has passed', async () => {
  const dropped: RestAnswer = (response) => response.destroy();
  const proxy: RestAnswer = (response) => response.writeHead(502).end('<html>Bad gateway</html>');
  const { server, calls } = await answering([
    dropped,
    proxy,
    problem(503, 'UNAVAILABLE'),
    problem(429, 'RATE_LIMITED', { retryAfterMs: 2 }),
    [200, 1],
  ]);
  await using _server = server;
  expect(await calls.call('GET', '/api/rooms')).toBe(1);
  expect(server.calls).toHaveLength(5);
});

test('what does not pass is said at once, with all that is known', async () => {
  const { server, calls } = await answering([problem(400, 'VALIDATION', { field: 'name' })]);
  await using _server = server;
  await expect(calls.call('GET', '/api/rooms')).rejects.toMatchObject({
    name: 'ParleyError',
    code: 'VALIDATION',
    status: 400,
    message: 'About VALIDATION.',
    field: 'name',
    correlationId: 'call-1',
    data: { field: 'name' },
  });
  server.answer = () => problem(500, 'INTERNAL');
  await expect(calls.call('GET', '/api/rooms')).rejects.toMatchObject({ code: 'INTERNAL' });
  expect(server.calls).toHaveLength(4);
  server.answer = () => (response) => response.writeHead(404).end('not found');
  await expect(calls.call('GET', '/api/rooms')).rejects.toMatchObject({ code: 'UNEXPECTED_ANSWER', status: 404 });
});

test('what may be done twice only if it was not done is not tried again, but after a refusal by a limit', async () => {
  const { server, calls } = await answering([problem(429, 'RATE_LIMITED', { retryAfterMs: 1 }), problem(503, 'UNAVAILABLE')]);
  await using _server = server;
  await expect(calls.call('POST', '/api/rooms', { body: {} })).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  expect(server.calls).toHaveLength(2);
});

test('patience ends, and so does a call that is given up', async () => {
  const { server, calls } = await answering([problem(503, 'UNAVAILABLE', { retryAfterMs: 60_000 })], { patienceMs: 30_000 });
  await using _server = server;
  await expect(calls.call('GET', '/api/rooms')).rejects.toMatchObject({ code: 'UNAVAILABLE', retryAfterMs: 60_000 });
  const abort = new AbortController();
  server.answer = () => {
    abort.abort(new Error('enough'));
    return () => {};
  };
  await expect(calls.call('GET', '/api/rooms', { signal: abort.signal })).rejects.toThrow('enough');
  await expect(calls.call('GET', '/api/rooms', { signal: abort.signal })).rejects.toThrow('enough');
});

test('a url and a key that are none are said when they are given', () => {
  expect(() => new Calls({ url: 'ws://here', key: 'a' })).toThrow('give an address of http or https');
  expect(() => new Calls({ url: 'http://here', key: '' })).toThrow('give a key');
  expect(() => new Calls({ url: 'http://here', key: 'a\nb' })).toThrow('give a key');
});

test('what is no address and no path is the program’s own mistake, and nothing is sent', async () => {
  for (const url of ['localhost:3000', 'ftp://somewhere', '', undefined as unknown as string])
    expect(() => new Calls({ url, key: 'parley_key' })).toThrow(`url: give an address of http or https, not “${url}”.`);
  const { server, calls } = await answering([[200, 1]]);
  await using _server = server;
  await expect(calls.call('GET', 'api/rooms')).rejects.toThrow(
    new TypeError('path: begin it with “/”, such as “/api/rooms”, not “api/rooms”.'),
  );
  await expect(calls.call('GET', '@elsewhere/')).rejects.toThrow(TypeError);
  expect(server.calls).toEqual([]);
});
