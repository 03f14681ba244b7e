import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { isDurable } from '@parley/contracts';
import { words } from '@parley/model-server';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startCluster, type ApiProcess, type Cluster } from './harness/cluster.js';
import { startCollector, type CollectedSpan, type Collector } from './harness/collector.js';
import { patienceMs } from './harness/patience.js';
import { register, type Tracked } from './harness/person.js';
import type { RunningProcess } from './harness/processes.js';

/** What nobody but those who talk may see: planted where people and models write, and where secrets are. */
const planted = {
  message: 'the heron lands at noon',
  topic: 'herons only',
  answer: 'a heron is a wading bird',
  password: 'password-of-the-heron-keeper',
};
const providerKey = 'sk-heron-0123456789';

let cluster: Cluster;
let collector: Collector;
let [here, there]: ApiProcess[] = [];

beforeAll(async () => {
  collector = await startCollector();
  cluster = await startCluster({
    apis: 0,
    workers: 0,
    variables: {
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_TRACES_SAMPLER: 'parentbased_always_on',
      OTEL_BSP_SCHEDULE_DELAY: '100',
      METRICS_PORT: '0',
      LOG_LEVEL: 'debug',
      OPENAI_API_KEY: providerKey,
    },
  });
  [here, there] = await Promise.all([
    cluster.startApi({ INSTANCE_ID: 'api-here' }),
    cluster.startApi({ INSTANCE_ID: 'api-there' }),
    cluster.startWorker({ INSTANCE_ID: 'worker' }),
  ]);
});
afterAll(async () => {
  await cluster?.[Symbol.asyncDispose]();
  await collector?.[Symbol.asyncDispose]();
});

const isEnd = ({ data }: Tracked) => data.type === 'message' && data.message.kind === 'reply' && data.message.status === 'complete';

/** The metrics of a process: each series with its value. */
async function metricsOf({ output }: RunningProcess): Promise<(series: string) => number> {
  const port = /"metricsPort":(\d+)/.exec(output())![1];
  const lines = (await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()).split('\n');
  return (series) =>
    Number(
      lines
        .find((line) => line.startsWith(`${series} `))
        ?.split(' ')
        .at(-1) ?? 0,
    );
}

/** Adds up a series over processes. */
async function sumOf(processes: RunningProcess[], series: string): Promise<number> {
  const all = await Promise.all(processes.map(metricsOf));
  return all.reduce((sum, read) => sum + read(series), 0);
}

test('one trace goes from the frame of a socket to the last flush on another API, and the metrics are what the clients counted', async () => {
  await using sender = await register(here!.url, 'sven', planted.password);
  await using reader = await register(there!.url, 'rosa', planted.password);
  const { id: roomId } = await sender.http.rooms.create.mutate({ name: 'Traced', topic: planted.topic });
  await reader.http.rooms.join.mutate({ roomId });
  const readers = [sender.read(roomId), reader.read(roomId)];
  for (const { events } of readers) await events.until((items) => items.some(({ data }) => data.type === 'hello'));
  cluster.model.script(() => ({ steps: words(planted.answer), usage: { promptTokens: 40, completionTokens: 200 } }));
  const series = {
    sends: 'parley_call_seconds_count{path="messages.send",type="mutation",outcome="ok"}',
    refusals: 'parley_errors_total{code="MESSAGE_NOT_FOUND"}',
    durable: 'parley_events_delivered_total{kind="durable"}',
    ephemeral: 'parley_events_delivered_total{kind="ephemeral"}',
  };
  const counts = async () =>
    Object.fromEntries(await Promise.all(Object.entries(series).map(async ([name, each]) => [name, await sumOf(cluster.apis, each)])));
  const before = await counts();
  const readBefore = readers.map(({ events }) => events.items.length);

  const sends = 10;
  for (let i = 1; i < sends; i++)
    await (i % 2 ? sender : reader).http.messages.send.mutate({ roomId, clientId: randomUUID(), content: `${planted.message} (${i})` });
  for (let i = 0; i < 4; i++) await sender.http.messages.get.query({ messageId: randomUUID() }).catch(() => {});
  const { replies } = await sender.socket.messages.send.mutate({ roomId, clientId: randomUUID(), content: `/ask ${planted.message}?` });
  for (const { events } of readers) await events.until((items) => items.some(isEnd));

  const loaded = async () => {
    const after = await counts();
    return Object.fromEntries(Object.keys(series).map((name) => [name, after[name]! - before[name]!]));
  };
  const counted = () => {
    const got = readers.flatMap(({ events }, i) => events.items.slice(readBefore[i]));
    const durable = got.filter(({ data }) => isDurable(data)).length;
    return { sends, refusals: 4, durable, ephemeral: got.length - durable };
  };
  // Who reads what is told a moment later, and may come between the two counts.
  await expect.poll(async () => isDeepStrictEqual(await loaded(), counted()), { timeout: patienceMs }).toBe(true);
  const [worker] = cluster.workers;
  const ofWorker = await metricsOf(worker!);
  expect(ofWorker('parley_replies_total{outcome="complete"}')).toBe(1);
  expect(ofWorker('parley_model_tokens_total{provider="openai",direction="input"}')).toBe(40);
  expect(ofWorker('parley_model_tokens_total{provider="openai",direction="output"}')).toBe(200);
  expect(ofWorker('parley_reply_first_token_seconds_count')).toBe(1);
  expect(ofWorker('parley_jobs{kind="reply",state="waiting"}')).toBe(0);

  const isJob = ({ name, facts }: CollectedSpan) => name === 'job reply' && facts['parley.job_id'] === replies[0]!.id;
  await collector.spans.until((items) => items.some(isJob));
  const { traceId } = collector.spans.items.find(isJob)!;
  const inTrace = () => collector.spans.items.filter((span) => span.traceId === traceId);
  /** What a span stands below, up to the beginning of the trace. */
  const pathOf = (span: CollectedSpan): string[] => {
    const parent = inTrace().find(({ spanId }) => spanId === span.parentId);
    return [`${span.name} @ ${span.instanceId}`, ...(parent ? pathOf(parent) : span.parentId === null ? [] : ['?'])];
  };
  const asked = ['messages.send @ api-here', 'socket messages.send @ api-here'];
  const replying = ['job reply @ worker', ...asked];
  const expected = [
    ['statement @ api-here', ...asked],
    ['publish jobs @ api-here', ...asked],
    ['publish room.*.events @ api-here', ...asked],
    ['flush @ api-there', 'receive room.*.events @ api-there', 'publish room.*.events @ api-here', ...asked],
    ['claim @ worker', ...replying],
    ['statement @ worker', ...replying],
    ['model openai @ worker', ...replying],
    ['flush @ api-here', 'receive room.*.events @ api-here', 'publish room.*.events @ worker', ...replying],
    ['flush @ api-there', 'receive room.*.events @ api-there', 'publish room.*.events @ worker', ...replying],
  ];
  await collector.spans.until(() => {
    const paths = inTrace().map((span) => pathOf(span).join(' < '));
    return expected.every((path) => paths.includes(path.join(' < ')));
  });
  const model = inTrace().find(({ name }) => name === 'model openai')!;
  expect(model.events).toEqual(['first token']);
  expect(model.facts).toMatchObject({ 'gen_ai.request.model': 'scripted' });
  // The fourth process is told its place in the trace.
  expect(cluster.model.requests.at(-1)!.headers['traceparent']).toBe(`00-${traceId}-${model.spanId}-01`);
  const flushes = inTrace().filter(({ name, instanceId }) => name === 'flush' && instanceId === 'api-there');
  const last = flushes.reduce((one, other) => (other.endMs > one.endMs ? other : one));
  expect(last.endMs).toBeGreaterThan(model.endMs);
  expect(last.facts['parley.readers']).toBe(1);
  expect(inTrace().filter(({ failed }) => failed)).toEqual([]);
  const recorded = JSON.stringify(collector.spans.items);
  for (const text of Object.values(planted)) expect(recorded).not.toContain(text);
});

test('no line of the log holds what people or models wrote, nor a secret; each names its event, and that of a job its call', async () => {
  await using person = await register(here!.url, 'lina', planted.password);
  await fetch(`${here!.url}/trpc/auth.login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ username: 'lina', password: `${planted.password}?` }),
  });
  const key = await person.http.keys.create.mutate({ name: 'Heron', scopes: ['rooms:read'] });
  await fetch(`${here!.url}/api/rooms`, { headers: { authorization: `Bearer ${key.key}` } });
  cluster.model.script(() => ({ refuse: 'bad_key' }));
  const { id: roomId } = await person.http.rooms.create.mutate({ name: 'Logged', topic: planted.topic });
  const { events } = person.read(roomId);
  await person.http.messages.send.mutate({ roomId, clientId: randomUUID(), content: `/ask ${planted.message}?` });
  await events.until((items) => items.some(({ data }) => data.type === 'message' && data.message.status === 'failed'));
  const [worker] = cluster.workers;
  await worker!.printed(/"outcome":"failed"/);

  const processes = [...cluster.apis, worker!];
  const lines = processes.flatMap(({ output }) =>
    output()
      .split('\n')
      .filter((line) => line !== ''),
  );
  for (const line of lines)
    expect(JSON.parse(line)).toMatchObject({ level: expect.any(Number), time: expect.any(Number), msg: expect.any(String) });
  const ended = lines.filter((line) => line.includes('"msg":"reply ended"')).map((line) => JSON.parse(line) as { correlationId?: string });
  expect(ended).toHaveLength(2);
  for (const { correlationId } of ended) expect(correlationId).toMatch(/^[0-9a-f-]{36}$/);
  const all = lines.join('\n');
  const secrets = [providerKey, person.accessToken, person.refreshToken, key.key, cluster.servers.variables['SESSION_SECRET']!];
  for (const text of [...Object.values(planted), ...secrets]) expect(all).not.toContain(text);
});
