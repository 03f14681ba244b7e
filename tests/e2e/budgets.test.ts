import { randomUUID } from 'node:crypto';
import { gate, promptText, words } from '@parley/model-server';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startCluster, type Cluster } from './harness/cluster.js';
import { connect, register } from './harness/person.js';

/** The most tokens of a day that everyone together may use. */
const capTokens = 60_000;
const rooms = 10;
const questionsInEach = 10;
const questions = rooms * questionsInEach;

let cluster: Cluster;

beforeAll(async () => {
  cluster = await startCluster({
    apis: 2,
    workers: 4,
    variables: {
      AI_DAILY_TOKENS: String(capTokens),
      AI_DAILY_TOKENS_PER_USER: '0',
      MODEL_MAX_OUTPUT_TOKENS: '1000',
      // All of them at once, on four workers.
      WORKER_CONCURRENCY: String(questions / 4),
      REPLY_MAX_PER_ROOM: String(questions),
      REPLY_MAX_PER_PERSON: String(questions),
      REPLY_LEASE_MS: '60000',
      REPLY_FIRST_TOKEN_MS: '600000',
      LIMIT_SEND_PER_10_S: '10000',
      LIMIT_AI_PER_MIN: '10000',
      LIMIT_ROOMS_PER_HOUR: '1000',
    },
  });
});
afterAll(() => cluster?.[Symbol.asyncDispose]());

test('a hundred calls at once over four workers never pass a limit, as the provider counts them', async () => {
  const [here, there] = cluster.apis;
  await using ann = await register(here!.url, 'ann');
  await using alsoAnn = connect(there!.url, ann);
  await using bo = await register(there!.url, 'bo');
  const { db } = cluster.servers.database;
  const door = gate();
  /** What the provider has counted, by a call's index: the most that the call may use. */
  const counted = new Map<number, number>();
  cluster.model.script((request) => {
    const promptTokens = Math.floor(promptText(request).length / 4);
    const completionTokens = request.maxTokens!;
    counted.set(request.index, promptTokens + completionTokens);
    return {
      steps: (async function* () {
        yield { until: door.opened };
        yield* words('Well said.');
      })(),
      usage: { promptTokens, completionTokens },
    };
  });
  const used = () => [...counted.values()].reduce((sum, tokens) => sum + tokens, 0);

  const askers = [ann, alsoAnn, bo];
  const asked = await Promise.all(
    Array.from({ length: rooms }, async (_, room) => {
      const asker = askers[room % askers.length]!;
      const { id: roomId } = await asker.http.rooms.create.mutate({ name: `Room ${room}` });
      const send = () => asker.http.messages.send.mutate({ roomId, clientId: randomUUID(), content: '@ada what now?' });
      return Promise.all(Array.from({ length: questionsInEach }, send));
    }),
  );
  const ids = asked.flat().map(({ replies }) => replies[0]!.id);
  expect(ids).toHaveLength(questions);
  const ended = () => db.message.findMany({ where: { id: { in: ids }, status: { in: ['complete', 'failed'] } } });
  // Nothing comes back before every call was either opened or refused.
  await expect.poll(async () => cluster.model.requests.length + (await ended()).length).toBe(questions);
  const refused = await ended();
  const opened = cluster.model.requests.length;
  expect(used()).toBeLessThanOrEqual(capTokens);
  // The limit was reached, not only approached: a prompt is estimated at a third more than this provider counts.
  expect(used()).toBeGreaterThan(capTokens / 2);
  expect(opened).toBeGreaterThan(4);
  expect(refused.map(({ status, error }) => [status, (error as { code: string }).code])).toEqual(
    refused.map(() => ['failed', 'AI_BUDGET_EXCEEDED']),
  );
  const workers = await db.$queryRaw<
    { workers: number }[]
  >`select count(distinct lease_owner)::int as workers from jobs where state = 'streaming'`;
  expect(workers[0]!.workers).toBeGreaterThan(1);

  door.open();
  await expect.poll(async () => (await ended()).length).toBe(questions);
  const complete = (await ended()).filter(({ status }) => status === 'complete');
  expect(complete).toHaveLength(opened);
  expect(cluster.model.requests).toHaveLength(opened);
  // Once all have ended, what is counted is what the provider counted.
  const counters = await db.usageCounter.findMany({ where: { scope: 'instance' } });
  expect(counters.map(({ span, tokens }) => [span, Number(tokens)]).toSorted()).toEqual([
    ['day', used()],
    ['month', used()],
  ]);
});
