import { promptText, words, type RecordedRequest } from '@parley/model-server';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { startBookingServer } from '../harness/mcp-server.js';
import { attachServer } from './harness/allowing.js';
import { allHaveText, startScene, type Scene } from './harness/scene.js';
import { until } from './harness/settle.js';
import { repliesOf } from './harness/truth.js';
import { soonTakenOver, startWorld, type World } from './harness/world.js';

let world: World;

beforeAll(async () => {
  world = await startWorld({
    name: '25 kill a worker in every part of an answer',
    apis: 1,
    workers: 2,
    variables: { ...soonTakenOver, MODEL_FALLBACKS: 'openai:stand-in', WEBHOOK_ALLOW_PRIVATE: '127.0.0.1' },
  });
});
afterEach(() => world?.restore());
afterAll(() => world?.[Symbol.asyncDispose]());

test('a worker killed while it writes a reply again leaves one final version, the text of before beside it, and usage settled once', async () => {
  await using scene = await startAlone('killed-again');
  const { db } = world.database;
  const [first, cut, last] = ['The first answer is long.', 'The second worker said this much and', 'Short.'];
  const usage = { promptTokens: 100, completionTokens: 10 };
  const asked = answerInTurn(
    { steps: words(first), usage },
    { steps: [...words(cut), { stall: true }], usage },
    { steps: words(last), usage },
  );
  const person = scene.people[0]!;
  const { acknowledged } = await person.say(scene.roomId, '@ada go');
  const messageId = (await replyOf(scene)).id;
  await until('the first answer ends', async () => (await replyOf(scene)).content === first);
  await person.client.trpc.replies.regenerate.mutate({ messageId, instruction: 'shorter' });
  await until('everyone has the second text', () => allHaveText(scene.readers, cut.length));
  const { reserved } = await killWorkerOf(messageId);

  const truth = await scene.settle();
  const replies = truth.messages.filter(({ kind }) => kind === 'reply');
  expect(replies).toMatchObject([{ id: messageId, seq: acknowledged!.seq + 1, status: 'complete', attempt: 3, content: last }]);
  expect(await db.replyVersion.findMany({ where: { messageId }, select: { attempt: true, content: true } })).toEqual([
    { attempt: 1, content: first },
  ]);
  // The takeover was asked with the same wish and the same text of before.
  expect(asked).toHaveLength(3);
  for (const request of asked.slice(1)) expect(JSON.stringify(request.body)).toContain('shorter');
  // Two whole calls, and the most of the call that the killed worker had counted, which nobody can know better.
  expect(await jobOf(messageId)).toMatchObject({ state: 'done', usage: { inputTokens: 100, outputTokens: 10 } });
  expect(await usedIn(scene)).toEqual({ calls: 2, inputTokens: 200, outputTokens: 20, counted: reserved + 220 });
  const [counted] = await db.aiUsage.findMany({ where: { userId: person.id } });
  expect(Number(counted!.tokens)).toBe(reserved + 220);
});

test('a worker killed while a model stands in leaves one final version, whose use is settled once', async () => {
  await using scene = await startAlone('killed-stand-in');
  const { db } = world.database;
  const first = 'The stand-in said this much and';
  const second = 'The next worker asked anew and came to the end.';
  let standIns = 0;
  const asked: string[] = [];
  world.model.script(({ model }) => {
    asked.push(model);
    if (model !== 'stand-in') return { refuse: 'overloaded' };
    standIns++;
    if (standIns === 1) return { steps: [...words(first), { stall: true }] };
    return { steps: words(second), usage: { promptTokens: 321, completionTokens: 12 } };
  });
  const before = await counters();
  await scene.people[0]!.say(scene.roomId, '@ada go');
  await until('everyone has the first text', () => allHaveText(scene.readers, first.length));
  const { id } = await replyOf(scene);
  const { reserved } = await killWorkerOf(id);

  const truth = await scene.settle();
  const replies = truth.messages.filter(({ kind }) => kind === 'reply');
  expect(replies).toMatchObject([{ id, status: 'complete', attempt: 2, content: second }]);
  expect(asked).toEqual(['scripted', 'stand-in', 'scripted', 'stand-in']);
  for (const reader of scene.readers) expect([reader.name, reader.attempts(id)]).toEqual([reader.name, [1, 2]]);
  // What the dead worker may have used stays counted; what the other used is counted once, as the provider says, for the model that wrote.
  const more = [...(await counters())]
    .map(([key, tokens]) => [key, tokens - (before.get(key) ?? 0)] as const)
    .filter(([, tokens]) => tokens > 0);
  expect(more.map(([key, tokens]) => `${key.replace(/ \S+ /, ' ')} ${tokens}`).toSorted()).toEqual(
    ['character', 'instance', 'person', 'room'].flatMap((scope) => ['day', 'month'].map((span) => `${scope} ${span} ${reserved + 333}`)),
  );
  const days = await db.usageDay.findMany({ where: { roomId: scene.roomId } });
  expect(days.map(({ model, calls, inputTokens, outputTokens }) => [model, calls, inputTokens, outputTokens])).toEqual([
    ['openai:stand-in', 1, 321n, 12n],
  ]);
  const versions = await db.$queryRawUnsafe<{ model: string; attempt: number }[]>(
    "select receipt->>'model' as model, attempt from reply_receipts where reply_id = $1::uuid order by attempt",
    id,
  );
  expect(versions).toEqual([{ model: 'openai:stand-in', attempt: 2 }]);
});

test('a worker killed between a tool and the answer leaves one final version; the next goes on after the tool, and use is settled once', async () => {
  await using scene = await startAlone('killed-between');
  await giveTools('search_room');
  await scene.people[0]!.say(scene.roomId, 'The importer moves at four.');
  const asked = answerInTurn(
    { steps: [{ call: { name: 'search_room', arguments: { query: 'importer' } } }] },
    { steps: [{ stall: true }] },
    { steps: ['At four.'], usage: { promptTokens: 321, completionTokens: 12 } },
  );
  await scene.people[0]!.say(scene.roomId, '@ada when does it move?');
  await until('the model was asked with what was found', () => asked.length === 2);
  const { id } = await replyOf(scene);
  const { reserved } = await killWorkerOf(id);

  const truth = await scene.settle();
  const replies = truth.messages.filter(({ kind }) => kind === 'reply');
  expect(replies).toMatchObject([{ id, status: 'complete', attempt: 2, content: 'At four.' }]);
  // The search is not made again: its result is in the third call as in the second.
  expect(asked.map(rolesOf)).toEqual(['system user', 'system user assistant tool', 'system user assistant tool']);
  expect(asked.at(-1)!.turns.at(-1)!.text).toContain('The importer moves at four.');
  expect(await toolsOf(id)).toEqual([{ callId: '0.0', tool: 'search_room', asked: 'importer', state: 'done', found: 1 }]);
  // What the dead worker may have used stays counted; what the other used is counted once, as the provider says.
  expect(await usedIn(scene)).toEqual({ calls: 1, inputTokens: 321, outputTokens: 12, counted: reserved + 333 });
});

test('a worker killed while a tool reads leaves one final version; the next reads again and asks for no other tool', async () => {
  await using scene = await startAlone('killed-in-tool');
  await giveTools('read_notes');
  const { trpc } = scene.people[0]!.client;
  await trpc.notes.save.mutate({ roomId: scene.roomId, text: 'The importer moves at four.' });
  const usage = { promptTokens: 321, completionTokens: 12 };
  await world.database.withSession(async (notes) => {
    const asked = answerInTurn(
      async () => {
        // From now on nobody reads a note, so the tool is being done until it is killed.
        await notes.exec('begin');
        await notes.exec('lock table room_notes in access exclusive mode');
        return { steps: [...words('I look it up.'), { call: { name: 'read_notes', arguments: {} } }], usage };
      },
      { steps: words('At four.'), usage },
    );
    await scene.people[0]!.say(scene.roomId, '@ada when does it move?');
    const { id } = await replyOf(scene);
    await until('the tool is being done', async () => (await toolsOf(id))?.[0]?.state === 'running');
    const { reserved } = await killWorkerOf(id);
    await until('another has taken over', async () => (await jobOf(id)).attempt === 2);
    await notes.exec('commit');

    const truth = await scene.settle();
    const replies = truth.messages.filter(({ kind }) => kind === 'reply');
    // What was said before the call is not written a second time.
    expect(replies).toMatchObject([{ id, status: 'complete', attempt: 2, content: 'I look it up.\n\nAt four.' }]);
    expect(asked.map(rolesOf)).toEqual(['system user', 'system user assistant tool']);
    expect(asked.at(-1)!.turns.at(-1)!.text).toContain('The importer moves at four.');
    expect(await toolsOf(id)).toEqual([{ callId: '0.0', tool: 'read_notes', asked: '', state: 'done', found: 1 }]);
    expect(await jobOf(id)).toMatchObject({ steps: [] });
    expect(await usedIn(scene)).toEqual({ calls: 1, inputTokens: 321, outputTokens: 12, counted: reserved + 333 });
  });
});

test('a worker killed while a tool changes something leaves one final version; the effect is there once, and nobody claims to know', async () => {
  await using train = await startBookingServer();
  await using scene = await startAlone('killed-in-effect');
  await attach(train.url);
  const usage = { promptTokens: 321, completionTokens: 12 };
  const asked = answerInTurn(({ tools }) => ({ steps: [{ call: { name: tools[0]!.name, arguments: { seat: 4 } } }], usage }), {
    steps: ['I do not know.'],
    usage,
  });
  // The effect is there, and its answer does not come.
  train.answers = () => new Promise(() => {});
  const person = scene.people[0]!;
  await person.say(scene.roomId, '@ada book a seat');
  const { id } = await replyOf(scene);
  await until('it waits', async () => (await toolsOf(id))?.[0]?.state === 'waiting' && (await jobOf(id)).state === 'queued');
  await person.client.trpc.replies.allow.mutate({ messageId: id, callId: '0.0', answer: 'once' });
  await until('the effect is there', async () => train.booked.length === 1);
  const { leaseOwner } = await jobOf(id);
  await world.workers.find(({ name }) => name === leaseOwner)!.kill();

  const truth = await scene.settle();
  expect(truth.messages.filter(({ kind }) => kind === 'reply')).toMatchObject([
    { id, status: 'complete', attempt: 3, content: 'I do not know.' },
  ]);
  expect(train.booked).toEqual([{ seat: 4 }]);
  expect(asked.map(rolesOf)).toEqual(['system user', 'system user assistant tool']);
  expect(asked.at(-1)!.turns.at(-1)!.text).toContain('It is not known whether this was done.');
  expect(await toolsOf(id)).toMatchObject([{ state: 'unknown' }]);
  // The killed attempt had called no model.
  expect(await usedIn(scene)).toEqual({ calls: 2, inputTokens: 642, outputTokens: 24, counted: 666 });
});

test('all workers killed while an answer waits to be allowed, it is allowed, and goes on with those that come: one effect, one final version', async () => {
  await using train = await startBookingServer();
  await using scene = await startAlone('killed-waiting');
  await attach(train.url);
  const usage = { promptTokens: 321, completionTokens: 12 };
  const asked = answerInTurn(
    ({ tools }) => ({ steps: [...words('I book it.'), { call: { name: tools[0]!.name, arguments: { seat: 4 } } }], usage }),
    { steps: words('Booked.'), usage },
  );
  const person = scene.people[0]!;
  await person.say(scene.roomId, '@ada book a seat');
  const { id } = await replyOf(scene);
  await until('it waits', async () => (await jobOf(id)).state === 'queued' && (await toolsOf(id))?.[0]?.state === 'waiting');
  expect(await jobOf(id)).toMatchObject({ leaseOwner: null, tries: 0 });
  for (const worker of world.workers) await worker.kill();
  const allowed = { messageId: id, callId: '0.0', answer: 'once' } as const;
  await Promise.all([1, 2, 3].map(() => person.client.trpc.replies.allow.mutate(allowed)));
  expect(train.booked).toEqual([]);
  for (const worker of world.workers) await worker.start();

  const truth = await scene.settle();
  expect(truth.messages.filter(({ kind }) => kind === 'reply')).toMatchObject([
    { id, status: 'complete', attempt: 2, content: 'I book it.\n\nBooked.' },
  ]);
  expect(train.booked).toEqual([{ seat: 4 }]);
  expect(asked.at(-1)!.turns.at(-1)!.text).toContain('booked as number 1');
  expect(await toolsOf(id)).toMatchObject([{ state: 'done' }]);
  expect(await usedIn(scene)).toEqual({ calls: 2, inputTokens: 642, outputTokens: 24, counted: 666 });
});

test('a worker killed while it asks whether a character has something to say leaves one answer, and both calls are counted once', async () => {
  await using scene = await startAlone('killed-deciding');
  await speakByItself(scene);
  const decision = { promptTokens: 50, completionTokens: 1 };
  const asked = answerInTurn(
    { steps: [{ stall: true }] },
    { steps: ['YES'], usage: decision },
    { steps: words('It moves at four.'), usage: { promptTokens: 321, completionTokens: 12 } },
  );
  const { acknowledged } = await scene.people[0]!.say(scene.roomId, 'Ada may know when the importer moves.');
  await until('the model was asked', () => asked.length === 1);
  const [{ id }] = await ambientJobsOf(scene);
  const { reserved } = await killWorkerOf(id);
  await until('there is an answer', async () => (await repliesOf(world.database, scene.roomId)).length > 0);

  const truth = await scene.settle();
  const replies = truth.messages.filter(({ kind }) => kind === 'reply');
  expect(replies).toMatchObject([{ status: 'complete', attempt: 1, content: 'It moves at four.' }]);
  expect(truth.fresh.messages.at(-1)!.reply!.trigger).toEqual({ kind: 'ambient', messageId: acknowledged!.messageId });
  expect(asked.map(decides)).toEqual([true, true, false]);
  expect(await ambientJobsOf(scene)).toMatchObject([{ id, state: 'done', attempt: 2 }]);
  expect(await usedIn(scene)).toEqual({ calls: 2, inputTokens: 371, outputTokens: 13, counted: reserved + 384 });
});

test('a worker killed while a character says what nobody asked for leaves one answer, and nobody decides anew', async () => {
  await using scene = await startAlone('killed-speaking');
  await speakByItself(scene);
  const first = 'The first worker said this much and';
  const usage = { promptTokens: 321, completionTokens: 12 };
  const asked = answerInTurn(
    { steps: ['YES'], usage: { promptTokens: 50, completionTokens: 1 } },
    { steps: [...words(first), { stall: true }] },
    { steps: words('It moves at four.'), usage },
  );
  await scene.people[0]!.say(scene.roomId, 'Ada may know when the importer moves.');
  await until('everyone has the first text', () => allHaveText(scene.readers, first.length));
  const { id } = await replyOf(scene);
  const { reserved } = await killWorkerOf(id);

  const truth = await scene.settle();
  const replies = truth.messages.filter(({ kind }) => kind === 'reply');
  expect(replies).toMatchObject([{ id, status: 'complete', attempt: 2, content: 'It moves at four.' }]);
  expect(asked.map(decides)).toEqual([true, false, false]);
  expect(await ambientJobsOf(scene)).toMatchObject([{ state: 'done', attempt: 1 }]);
  expect(await usedIn(scene)).toEqual({ calls: 2, inputTokens: 371, outputTokens: 13, counted: reserved + 384 });
});

/** A room with one person, who is the only one to ask. */
function startAlone(name: string): Promise<Scene> {
  return startScene(world, { name, urls: [world.apis[0]!.url] });
}

type Answer = Awaited<ReturnType<Parameters<World['model']['script']>[0]>>;

/** Has the model answer one call after the other with these, and any more with the last. @returns what it was asked */
function answerInTurn(...answers: (Answer | ((request: RecordedRequest) => Answer | Promise<Answer>))[]): RecordedRequest[] {
  const asked: RecordedRequest[] = [];
  world.model.script((request) => {
    const answer = answers[Math.min(asked.length, answers.length - 1)]!;
    asked.push(request);
    return typeof answer === 'function' ? answer(request) : answer;
  });
  return asked;
}

const rolesOf = ({ turns }: RecordedRequest) => turns.map(({ role }) => role).join(' ');

/** Whether a character is asked if it says something. */
const decides = (request: RecordedRequest) => promptText(request).startsWith('You decide whether @ada');

async function giveTools(...tools: string[]): Promise<void> {
  await world.database.db.character.update({ where: { handle: 'ada' }, data: { tools } });
}

/** Gives the character the tools of a server, and no others. */
async function attach(url: string): Promise<void> {
  await world.database.db.mcpServer.deleteMany();
  await giveTools();
  await attachServer(world.database, 'ada', url);
}

async function speakByItself({ roomId, people }: Scene): Promise<void> {
  const { trpc } = people[0]!.client;
  const { characters } = await trpc.rooms.get.query({ roomId });
  const { id: characterId } = characters.find(({ character }) => character.handle === 'ada')!.character;
  await trpc.rooms.addCharacter.mutate({ roomId, characterId, autoReply: 'ambient' });
}

/** The only reply of the room. */
async function replyOf({ roomId }: Scene) {
  const replies = await repliesOf(world.database, roomId);
  expect(replies).toHaveLength(1);
  return replies[0]!;
}

function jobOf(id: string) {
  return world.database.db.job.findUniqueOrThrow({ where: { id } });
}

async function ambientJobsOf({ roomId }: Scene) {
  const jobs = await world.database.db.job.findMany({ where: { roomId, kind: 'ambient' } });
  expect(jobs).toHaveLength(1);
  return jobs as [(typeof jobs)[number]];
}

async function toolsOf(id: string) {
  const { reply } = await world.database.db.message.findUniqueOrThrow({ where: { id } });
  return (reply as { tools?: { state: string }[] } | null)?.tools;
}

/** Kills the worker that does a job. @returns the tokens that it had counted before its call */
async function killWorkerOf(id: string): Promise<{ reserved: number }> {
  const { leaseOwner, reservedTokens } = await jobOf(id);
  expect(reservedTokens).toBeGreaterThan(0);
  await world.workers.find(({ name }) => name === leaseOwner)!.kill();
  return { reserved: reservedTokens };
}

/** What the calls of a room used, as it was settled, and the tokens that its budget counts. */
async function usedIn({ roomId }: Scene) {
  const { db } = world.database;
  const days = await db.usageDay.findMany({ where: { roomId } });
  const counted = await db.usageCounter.findMany({ where: { scope: 'room', id: roomId, span: 'day' } });
  return {
    calls: days.reduce((sum, { calls }) => sum + calls, 0),
    inputTokens: days.reduce((sum, { inputTokens }) => sum + Number(inputTokens), 0),
    outputTokens: days.reduce((sum, { outputTokens }) => sum + Number(outputTokens), 0),
    counted: counted.reduce((sum, { tokens }) => sum + Number(tokens), 0),
  };
}

/** The tokens of all counters, by scope, id and span. */
async function counters(): Promise<Map<string, number>> {
  const counted = new Map<string, number>();
  for (const { scope, id, span, tokens } of await world.database.db.usageCounter.findMany()) {
    const key = `${scope} ${id} ${span}`;
    counted.set(key, (counted.get(key) ?? 0) + Number(tokens));
  }
  return counted;
}
