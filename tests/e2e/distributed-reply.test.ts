import { randomUUID } from 'node:crypto';
import { DeltaReassembler } from '@parley/contracts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startCluster, type Cluster } from './harness/cluster.js';
import { connect, register, type Tracked } from './harness/person.js';
import { gate, promptText, words } from '@parley/model-server';

let cluster: Cluster;

beforeAll(async () => {
  cluster = await startCluster({ apis: 2, workers: 2 });
});
afterAll(() => cluster?.[Symbol.asyncDispose]());

const isEnd = ({ data }: Tracked) => data.type === 'message' && data.message.kind === 'reply' && data.message.status === 'complete';

test('a reply streams from a worker to a reader on another API than the sender’s, word by word, and is stored as it was read', async () => {
  const [here, there] = cluster.apis;
  await using sender = await register(here!.url, 'sven');
  await using reader = await register(there!.url, 'rosa');
  const { id: roomId } = await sender.http.rooms.create.mutate({ name: 'Two instances' });
  await reader.http.rooms.join.mutate({ roomId });
  const { events } = reader.read(roomId);
  await events.until((items) => items.some(({ data }) => data.type === 'hello'));

  const door = gate();
  const text = `Ship on Friday — the migration is green 🚢. ${'It reads the file once and writes it once. '.repeat(20)}`;
  cluster.model.script(() => ({
    steps: (async function* () {
      const pieces = words(text);
      yield* pieces.slice(0, 5);
      yield { until: door.opened };
      for (const piece of pieces.slice(5)) {
        yield piece;
        yield { waitMs: 8 };
      }
    })(),
    usage: { promptTokens: 40, completionTokens: 200 },
  }));
  await sender.http.messages.send.mutate({ roomId, clientId: randomUUID(), content: 'The migration is green on staging.' });
  const { replies } = await sender.http.messages.send.mutate({ roomId, clientId: randomUUID(), content: '/ask when do we ship?' });
  const replyId = replies[0]!.id;

  // The first words arrive while the model server is still sending: it waits for us.
  await events.until((items) => items.some(({ data }) => data.type === 'delta' && data.messageId === replyId));
  door.open();
  await events.until((items) => items.some(isEnd));

  const upToEnd = events.items.slice(0, events.items.findIndex(isEnd));
  const deltas = upToEnd.flatMap(({ data }) => (data.type === 'delta' ? [data] : []));
  expect(deltas.length).toBeGreaterThanOrEqual(10);
  const reassembler = new DeltaReassembler();
  for (const delta of deltas) reassembler.applyDelta(delta);
  expect(reassembler.get(replyId)?.text).toBe(text);
  const stored = await cluster.servers.database.db.message.findUniqueOrThrow({ where: { id: replyId } });
  expect(stored.content).toBe(text);
  expect(stored.status).toBe('complete');

  const end = events.items.find(isEnd)!.data;
  expect(end.type === 'message' && end.message).toMatchObject({
    content: text,
    reply: { model: 'openai:scripted', usage: { inputTokens: 40, outputTokens: 200 } },
  });
  expect(promptText(cluster.model.requests.at(-1)!)).toContain('The migration is green on staging.');
  // Every durable event under exactly its rev, strictly increasing.
  const revs = events.items.flatMap(({ id, data }) => ('rev' in data && data.type === 'message' ? [[id, String(data.rev)]] : []));
  for (const [id, rev] of revs) expect(id).toBe(rev);
});

test('a newcomer in the middle of a reply has the text so far at once, and the same end', async () => {
  const [here, there] = cluster.apis;
  await using sender = await register(here!.url, 'mika');
  await using late = await register(there!.url, 'late');
  const { id: roomId } = await sender.http.rooms.create.mutate({ name: 'Halfway' });
  await late.http.rooms.join.mutate({ roomId });
  const door = gate();
  cluster.model.script(() => ({
    steps: (async function* () {
      yield* words('The first half of the answer, ');
      yield { until: door.opened };
      yield* words('and the second.');
    })(),
  }));
  const first = sender.read(roomId);
  await first.events.until((items) => items.length > 0);
  const { replies } = await sender.http.messages.send.mutate({ roomId, clientId: randomUUID(), content: '@ada go on' });
  await first.events.until((items) =>
    items.some(({ data }) => data.type === 'delta' && data.offset + data.text.length >= 'The first half of the answer,'.length),
  );

  // This reader's API had not opened the room, so it asks the worker for the text.
  const { events } = late.read(roomId);
  await events.until((items) => items.length > 0);
  const hello = events.items[0]!.data;
  expect(hello.type === 'hello' && hello.replies).toMatchObject([{ messageId: replies[0]!.id, attempt: 1 }]);
  expect(hello.type === 'hello' && hello.replies[0]!.text.startsWith('The first half of the answer,')).toBe(true);
  door.open();
  await events.until((items) => items.some(isEnd));
  const end = events.items.find(isEnd)!.data;
  expect(end.type === 'message' && end.message.content).toBe('The first half of the answer, and the second.');
});

test('stop, pressed on another API, ends the reply and keeps its text so far', async () => {
  const [here, there] = cluster.apis;
  await using sender = await register(here!.url, 'stop1');
  const elsewhere = connect(there!.url, sender);
  await using _ = elsewhere;
  const { id: roomId } = await sender.http.rooms.create.mutate({ name: 'Stop' });
  const { events } = sender.read(roomId);
  await events.until((items) => items.length > 0);
  cluster.model.script(() => ({ steps: [...words('This much was said'), { stall: true }] }));
  const { replies } = await sender.http.messages.send.mutate({ roomId, clientId: randomUUID(), content: '/ask anything' });
  const messageId = replies[0]!.id;
  await events.until((items) =>
    items.some(({ data }) => data.type === 'delta' && data.offset + data.text.length >= 'This much was said'.length),
  );
  await elsewhere.http.replies.stop.mutate({ messageId });
  await events.until(
    (items) => items.some(({ data }) => data.type === 'message' && data.message.id === messageId && data.message.status === 'stopped'),
    3_000,
  );
  const stopped = await cluster.servers.database.db.message.findUniqueOrThrow({ where: { id: messageId } });
  expect(stopped.content).toBe('This much was said');
  expect(await cluster.model.requests.at(-1)!.ended).toBe('left');
});

test('what is written and what waits is told on every API, and a pause on one ends both and holds on the other', async () => {
  const [here, there] = cluster.apis;
  await using owner = await register(here!.url, 'pausing');
  await using other = await register(there!.url, 'waiting');
  const { id: roomId } = await owner.http.rooms.create.mutate({ name: 'Paused' });
  await other.http.rooms.join.mutate({ roomId });
  const { events } = other.read(roomId);
  await events.until((items) => items.length > 0);
  cluster.model.script(() => ({ steps: [...words('This much was said'), { stall: true }] }));
  const ask = async () =>
    (await owner.http.messages.send.mutate({ roomId, clientId: randomUUID(), content: '/ask anything' })).replies[0]!.id;
  const asked = [await ask(), await ask(), await ask()];
  const places = ({ data }: Tracked) => (data.type === 'queue' ? data.replies.map(({ writing }) => writing).join() : null);
  // Two are written at a time in a room.
  await events.until((items) => items.some((item) => places(item) === 'true,true,false'));

  await owner.http.rooms.pauseAi.mutate({ roomId, paused: true });
  await events.until((items) => items.some(({ data }) => data.type === 'room' && data.room.aiPausedAt !== undefined));
  await events.until((items) => items.map(places).findLast((place) => place !== null) === '');
  const { db } = cluster.servers.database;
  const ends = await db.message.findMany({ where: { id: { in: asked } }, orderBy: { seq: 'asc' } });
  expect(ends.map(({ status }) => status).toSorted()).toEqual(['failed', 'stopped', 'stopped']);
  const command = () => other.http.messages.send.mutate({ roomId, clientId: randomUUID(), content: '/summary' });
  await expect(command()).rejects.toMatchObject({ data: { appCode: 'ROOM_AI_PAUSED' } });
  await expect(other.http.rooms.pauseAi.mutate({ roomId, paused: false })).rejects.toMatchObject({ data: { appCode: 'FORBIDDEN' } });

  await owner.http.rooms.pauseAi.mutate({ roomId, paused: false });
  cluster.model.script(() => ({ steps: ['On it goes.'] }));
  const [again] = (await command()).replies;
  await events.until((items) => items.some((item) => isEnd(item) && 'message' in item.data && item.data.message.id === again!.id));
});

test('/summary 3 after three /ask holds the last three messages of the conversation, in which commands and their answers do not count', async () => {
  await using sender = await register(cluster.apis[0]!.url, 'sumi');
  const { id: roomId } = await sender.http.rooms.create.mutate({ name: 'Asked a lot' });
  const { events } = sender.read(roomId);
  await events.until((items) => items.length > 0);
  const send = async (content: string) => {
    const { replies } = await sender.http.messages.send.mutate({ roomId, clientId: randomUUID(), content });
    for (const { id } of replies) {
      await events.until((items) => items.some((item) => isEnd(item) && 'message' in item.data && item.data.message.id === id));
    }
  };
  cluster.model.script((request) => ({ steps: words(promptText(request).includes('asked for a summary') ? 'The points.' : 'An answer.') }));
  const said = ['The oldest of four.', 'The migration is green.', 'The importer is slow.', 'We ship on Friday.'];
  for (const content of said) await send(content);
  for (const content of ['/ask is it green?', '/ask why is it slow?', '/ask when do we ship?']) await send(content);
  await send('/summary 3');

  const prompt = promptText(cluster.model.requests.at(-1)!);
  expect(prompt).toContain('of the last 3 messages, which are those above');
  expect(said.filter((content) => prompt.includes(content))).toEqual(said.slice(1));
  expect(prompt).not.toMatch(/\/ask|is it green\?|An answer\./);
});

test('the worker’s log names the call that asked, and its trace goes with the reply', async () => {
  await using sender = await register(cluster.apis[0]!.url, 'tracy');
  const { id: roomId } = await sender.http.rooms.create.mutate({ name: 'Traced' });
  cluster.model.script(() => ({ steps: words('Traced.') }));
  const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
  const answer = await fetch(`${cluster.apis[0]!.url}/trpc/messages.send`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${sender.accessToken}`, traceparent },
    body: JSON.stringify({ roomId, clientId: randomUUID(), content: '/ask who am I?' }),
  });
  expect(answer.status).toBe(200);
  const call = `"correlationId":"${answer.headers.get('x-correlation-id')}","traceparent":"${traceparent}"`;
  const ended = new RegExp(`[^\\n]*${call}[^\\n]*"msg":"reply ended"`);
  await Promise.any(cluster.workers.map((worker) => worker.printed(ended)));
});
