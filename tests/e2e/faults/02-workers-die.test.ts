import { setTimeout as delay } from 'node:timers/promises';
import type { RoomSession } from '@parley/client/trpc';
import { gate, promptText, type RecordedRequest, words } from '@parley/model-server';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { allHaveText, startScene } from './harness/scene.js';
import { until } from './harness/settle.js';
import { leaseOf, repliesOf } from './harness/truth.js';
import { soonTakenOver, startWorld, type World } from './harness/world.js';

let world: World;

beforeAll(async () => {
  // A prompt that some dozen long messages fill.
  const variables = { ...soonTakenOver, REPLY_PROMPT_TOKENS: '2000' };
  world = await startWorld({ name: '02 workers die', apis: 2, workers: 2, variables });
});
afterEach(() => world?.restore());
afterAll(() => world?.[Symbol.asyncDispose]());

test('a reply whose worker is killed is begun again by another as the next attempt, and ends as one message', async () => {
  await using scene = await startScene(world, { name: 'killed-worker', urls: world.apis.map(({ url }) => url) });
  const first = 'The first worker said this much and';
  const second = 'The second worker began anew and came to the end.';
  let begun = 0;
  world.model.script(() => ({ steps: begun++ === 0 ? [...words(first), { stall: true }] : words(second) }));
  const asked = await scene.people[0]!.say(scene.roomId, '@ada go');
  await until('everyone has the first text', () => allHaveText(scene.readers, first.length));

  const messageId = (await repliesOf(world.database, scene.roomId))[0]!.id;
  const { owner } = await leaseOf(world.database, messageId);
  await world.workers.find(({ name }) => name === owner)!.kill();
  // What people say meanwhile does not wait for the reply.
  expect((await scene.people[1]!.say(scene.roomId, 'still here?')).acknowledged).not.toBeNull();

  const truth = await scene.settle();
  const replies = truth.messages.filter(({ kind }) => kind === 'reply');
  expect(replies).toMatchObject([{ id: messageId, seq: asked.acknowledged!.seq + 1, status: 'complete', attempt: 2, content: second }]);
  expect(begun).toBe(2);
  // Every reader saw the first text go and the second come, and none saw a mix of the two.
  for (const reader of scene.readers) expect([reader.name, reader.attempts(messageId)]).toEqual([reader.name, [1, 2]]);
});

test('a reader of the chat surface is told that the answer was begun anew, under another id, and appends no mix of the two', async () => {
  await using scene = await startScene(world, { name: 'killed-in-chat', urls: [world.apis[0]!.url] });
  const first = 'The first worker said this much and';
  const second = 'The second worker began anew and came to the end.';
  let begun = 0;
  world.model.script(() => ({ steps: begun++ === 0 ? [...words(first), { stall: true }] : words(second) }));
  const chat = await scene.people[0]!.converse('beside', world.apis[1]!.url);
  const id = await chat.ask('go');
  await until('it has the first text', () => chat.reader.answer(id)?.text === first);
  const { owner } = await leaseOf(world.database, id);
  await world.workers.find(({ name }) => name === owner)!.kill();
  expect(await chat.settle(world.database)).toMatchObject([{ id, status: 'complete', attempt: 2, content: second }]);
  expect(chat.reader.connections()).toBe(1);
});

test('a summary whose worker is killed is written by another, and no answer waits for it', async () => {
  await using scene = await startScene(world, { name: 'killed-summary', urls: [world.apis[0]!.url] });
  const { db } = world.database;
  const [person] = scene.people;
  const isSummary = (request: RecordedRequest) => promptText(request).includes('You keep the notes of');
  let summaries = 0;
  world.model.script((request) => {
    if (!isSummary(request)) return { steps: words('An answer.') };
    return { steps: summaries++ === 0 ? [...words('Half the'), { stall: true }] : words('Whole notes.') };
  });
  for (let n = 0; n < 24; n++) await person!.say(scene.roomId, `number ${n}: ${'lorem ipsum dolor sit amet '.repeat(8)}`);
  await person!.say(scene.roomId, '@ada go');
  await until('the summary has begun', () => summaries === 1);
  const first = await scene.settle();
  expect(first.messages.find(({ kind }) => kind === 'reply')).toMatchObject({ status: 'complete', content: 'An answer.' });

  const job = () => db.job.findFirstOrThrow({ where: { kind: 'room_summary', roomId: scene.roomId }, orderBy: { createdAt: 'asc' } });
  const { id, leaseOwner } = await job();
  await world.workers.find(({ name }) => name === leaseOwner)!.kill();
  const notes = () => db.summaryStep.findMany({ where: { roomId: scene.roomId }, orderBy: { step: 'asc' } });
  await until('another worker has written it', async () => (await notes()).length > 0 && (await job()).state === 'done');
  expect(await job()).toMatchObject({ id, state: 'done', attempt: 2 });
  expect((await notes())[0]).toMatchObject({ step: 1, firstSeq: 1, text: 'Whole notes.' });

  await person!.say(scene.roomId, '@ada go on');
  await scene.settle();
  const asked = world.model.requests.findLast((request) => !isSummary(request))!;
  expect(promptText(asked)).toMatch(/<earlier-(\w+)>\nWhole notes.\n<\/earlier-\1>/);
});

test('a worker that was stopped past its lease changes nothing when it goes on: not while another writes, not after', async () => {
  await using scene = await startScene(world, { name: 'zombie', urls: world.apis.map(({ url }) => url) });
  const zombieText = 'What the zombie wrote, ';
  const zombieRest = 'and believed to be the end.';
  const finalText = 'What the other wrote is what counts.';
  const [zombieDoor, otherDoor] = [gate(), gate()];
  const asked: RecordedRequest[] = [];
  world.model.script((request) => {
    const isZombie = asked.push(request) === 1;
    return {
      steps: (async function* () {
        yield* words(isZombie ? zombieText.trimEnd() : finalText.slice(0, 14));
        yield { until: isZombie ? zombieDoor.opened : otherDoor.opened };
        yield* words(isZombie ? ` ${zombieRest}` : finalText.slice(14));
      })(),
    };
  });
  await scene.people[0]!.say(scene.roomId, '@ada go');
  await until('everyone has the first text', () => allHaveText(scene.readers, 10));
  const [reply] = await repliesOf(world.database, scene.roomId);
  const { owner } = await leaseOf(world.database, reply!.id);
  const zombie = world.workers.find(({ name }) => name === owner)!;
  zombie.running.signal('SIGSTOP');
  // The model's whole answer waits in the zombie's socket until the zombie goes on.
  zombieDoor.open();
  await asked[0]!.ended;
  await until('another has claimed it', async () => (await leaseOf(world.database, reply!.id)).attempt === 2);
  await until('its text is there', () => scene.readers.every((reader) => reader.textOf(reply!.id)?.attempt === 2));

  zombie.running.signal('SIGCONT');
  const outcome = await zombie.running.printed(new RegExp(`"messageId":"${reply!.id}"[^\\n]*"attempt":1[^\\n]*`));
  expect(outcome[0]).toMatch(/fenced|lost/);
  expect(await leaseOf(world.database, reply!.id)).toMatchObject({ attempt: 2, state: 'streaming' });
  expect((await repliesOf(world.database, scene.roomId))[0]).toMatchObject({ status: 'streaming', content: '' });

  otherDoor.open();
  const truth = await scene.settle();
  expect(truth.messages.at(-1)).toMatchObject({ id: reply!.id, status: 'complete', attempt: 2, content: finalText });
});

test('every API and worker is restarted under load, one after another, and no error reaches a person', async () => {
  await using scene = await startScene(world, { name: 'rolling', urls: Array.from({ length: 6 }, () => world.frontUrl) });
  const { people, roomId, readers, history } = scene;
  world.model.script(() => ({
    steps: words('An answer that takes a while, so that some are always under way.').flatMap((word) => [word, { waitMs: 20 }]),
  }));
  // What the page would show as an error: a room that failed, a message that was not sent.
  const shown: string[] = [];
  const sessions = readers.flatMap((reader) => ('session' in reader ? [reader.session as RoomSession] : []));
  for (const session of sessions) {
    session.subscribe(() => {
      const { status, error, pending } = session.getSnapshot();
      if (status === 'failed') shown.push(`the room: ${error?.message}`);
      for (const message of pending) if (message.state === 'failed') shown.push(`a message: ${message.error?.message}`);
    });
  }
  let rolling = true;
  let written = 0;
  // The page's own outbox sends one message after the other, as people type.
  const load = sessions.map(async (session, i) => {
    for (let n = 0; rolling; n++) {
      const content = n % 10 === i ? `/ask ${n} of ${i}` : `message ${n} of ${i}`;
      const clientId = session.send(content);
      history.sent({ clientId, userId: people[i]!.id, roomId, content });
      written++;
      await until(`message ${n} of ${i} is sent`, () => session.getSnapshot().pending.every((message) => message.clientId !== clientId));
      await delay(world.chance.between(20, 150));
    }
  });
  for (const process of [...world.apis, ...world.workers]) {
    const before = written;
    await until('the load goes on', () => written > before + 10);
    // Exit code 0: the process finished what it had begun, or handed it over.
    expect([process.name, await process.stop()]).toEqual([process.name, 0]);
    await process.start();
  }
  rolling = false;
  await Promise.all(load);
  const truth = await scene.settle();
  expect(shown).toEqual([]);
  expect(truth.messages.filter(({ kind }) => kind === 'text')).toHaveLength(written);
  const replies = truth.messages.filter(({ kind }) => kind === 'reply');
  expect(replies.length).toBeGreaterThan(5);
  for (const { status } of replies) expect(status).toBe('complete');
});
