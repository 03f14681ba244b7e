import { setImmediate, setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startBookingServer, type BookingServer } from '../harness/mcp-server.js';
import { patienceMs } from '../harness/patience.js';
import { checkAi } from './harness/ai-checker.js';
import { AiRecord, bookingIn, questionIn } from './harness/ai-record.js';
import { attachServer, startAllowing } from './harness/allowing.js';
import { checkEffects } from './harness/effect-checker.js';
import { faults } from './harness/faults.js';
import { checkJobs } from './harness/job-checker.js';
import { readJournal, startJournal, type JobChange } from './harness/job-journal.js';
import { startLoad } from './harness/load.js';
import { patiently } from './harness/people.js';
import { startModel } from './harness/random-model.js';
import { startScene, type Scene } from './harness/scene.js';
import { until } from './harness/settle.js';
import { notesOf } from './harness/truth.js';
import { soonTakenOver, startWorld, type World } from './harness/world.js';

/** For how many minutes faults are injected; longer if some kind was not injected by then. Runs by hand use 60. */
const minutes = Number(process.env['FAULTS_MINUTES'] ?? 0.5);
/** Each room is written in for so long at most, then checked: what people saw of it fits into memory. */
const roomMs = 60_000;
/** No kind may be rarer than this, and each is injected at least once. */
const perHour = 20;
const wanted = Math.max(1, Math.floor((perHour * minutes) / 60));
/** A slow machine goes on until every kind was injected, for so long at most. */
const mostMinutes = 4 * minutes + 5;

let world: World;
let train: BookingServer;

beforeAll(async () => {
  if (!(minutes > 0)) throw new TypeError('FAULTS_MINUTES must be a number above 0.');
  world = await startWorld({
    name: `random faults for ${minutes} min`,
    apis: 3,
    workers: 2,
    links: true,
    variables: {
      ...soonTakenOver,
      MAX_REPLAY: '100000',
      REPLY_BETWEEN_TOKENS_MS: '1500',
      REPLY_FIRST_TOKEN_MS: '1500',
      REPLY_MAX_TRIES: '20',
      MODEL_FALLBACKS: 'openai:stand-in',
      WEBHOOK_ALLOW_PRIVATE: '127.0.0.1',
      // A prompt that some dozen messages fill, so that there are summaries; and no limit to what they and answers use.
      REPLY_PROMPT_TOKENS: '2000',
      AI_DAILY_TOKENS_PER_USER: '0',
      AI_DAILY_SUMMARY_TOKENS_PER_ROOM: '0',
    },
  });
  await startJournal(world.database);
  train = await startBookingServer();
});
afterAll(async () => {
  await world?.[Symbol.asyncDispose]();
  await train?.[Symbol.asyncDispose]();
});

test(
  'random faults under load break no promise',
  async () => {
    const { chance } = world;
    const record = new AiRecord();
    const violations: string[] = [];
    const model = startModel(chance, record);
    world.model.script(model.script);
    train.answers = () => {
      record.booked.push({ booking: bookingIn(JSON.stringify(train.booked.at(-1))), at: performance.now() });
      // Long enough for a fault to come between an effect and its answer.
      return delay(chance.between(0, 2_500));
    };
    const kinds = Object.keys(faults);
    const injected: Record<string, number> = Object.fromEntries(kinds.map((kind) => [kind, 0]));
    const counts = {
      rooms: 0,
      messages: 0,
      answers: 0,
      retries: 0,
      replies: {} as Record<string, number>,
      reconnects: 0,
      done: {} as Record<string, number>,
    };
    let bag: string[] = [];
    const missing = () => [
      ...kinds.filter((kind) => injected[kind]! < wanted),
      ...(record.booked.length === 0 ? ['something is booked'] : []),
      ...(record.answered.some(({ answer }) => answer === 'deny') ? [] : ['something is denied']),
      ...(model.asked['stand-in'] === 0 ? ['a model stands in'] : []),
    ];
    const startedAt = Date.now();
    const goesOn = () => Date.now() < startedAt + (missing().length === 0 ? minutes : mostMinutes) * 60_000;

    for (let room = 1; goesOn(); room++) {
      const scene = await startScene(world, { name: `random-${room}`, urls: Array.from({ length: 5 }, () => world.frontUrl) });
      const chats = await Promise.all(scene.people.slice(0, 2).map((person) => person.converse(`beside ${room}`, world.frontUrl)));
      await invite(scene);
      const load = startLoad(scene, chance, { record, room, chats });
      const allowing = startAllowing(scene, world.database, chance, record);
      const roomEnd = Date.now() + roomMs;
      while (Date.now() < roomEnd && goesOn()) {
        if (bag.length === 0) bag = shuffle(kinds, () => chance.random());
        const kind = bag.pop()!;
        // A fault that meets nobody at work proves nothing.
        const deadline = Date.now() + patienceMs;
        while ((load.sending === 0 || model.streaming === 0) && Date.now() < deadline) await setImmediate();
        expect(load.sending, 'sends in flight').toBeGreaterThan(0);
        expect(model.streaming, 'replies in flight').toBeGreaterThan(0);
        await faults[kind]!(world);
        injected[kind]!++;
      }
      await load.stop();
      await allowing.stop();
      const truth = await scene.settle();
      for (const chat of chats) counts.answers += (await chat.settle(world.database)).length;
      // Who asks while the AI is paused is refused.
      expect(scene.history.sends.filter(({ acknowledged, refused }) => acknowledged === null && refused !== 'ROOM_AI_PAUSED')).toEqual([]);
      await until('all jobs are done', async () => (await world.database.db.job.count({ where: { state: { not: 'done' } } })) === 0);
      for (const { content, userId: by, roomId } of scene.history.sends) record.askers.set(questionIn(content) ?? '', { by, roomId });
      violations.push(...checkAi(record, scene.history, truth, await notesOf(world.database, scene.roomId)));
      for (const [what, times] of [...Object.entries(load.done), ...Object.entries(allowing.done)])
        counts.done[what] = (counts.done[what] ?? 0) + times;
      counts.rooms++;
      counts.messages += truth.messages.filter(({ kind }) => kind === 'text').length;
      counts.retries += scene.history.sends.reduce((sum, { tries }) => sum + tries - 1, 0);
      for (const { kind, status } of truth.messages) if (kind === 'reply') counts.replies[status!] = (counts.replies[status!] ?? 0) + 1;
      counts.reconnects += scene.readers.reduce((sum, reader) => sum + reader.connections() - 1, 0);
      await scene[Symbol.asyncDispose]();
    }

    const { changes, counted } = await readJournal(world.database);
    const jobs = countJobs(changes);
    const bookings = countBookings(changes);
    console.log(
      JSON.stringify(
        {
          seed: chance.seed,
          minutes,
          seconds: Math.round((Date.now() - startedAt) / 1_000),
          ...counts,
          asked: model.asked,
          jobs,
          bookings,
          counted,
          injected,
          modelFaults: model.wrong,
        },
        null,
        2,
      ),
    );
    const named = changes.map((change) => ({ ...change, question: questionIn(change.question) }));
    expect([...violations, ...checkJobs(named, counted, record.asked), ...checkEffects(record, named)]).toEqual([]);
    expect(missing()).toEqual([]);
    for (const process of [...world.apis, ...world.workers]) expect([process.name, process.up]).toEqual([process.name, true]);
  },
  (mostMinutes + 10) * 60_000,
);

function shuffle<T>(items: readonly T[], random: () => number): T[] {
  const shuffled = [...items];
  for (let i = shuffled.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [shuffled[i], shuffled[j]] = [shuffled[j]!, shuffled[i]!];
  }
  return shuffled;
}

/** Brings two characters into a room beside the one that is there: one that has tools, of which one changes something, and one that speaks when it has something to say. */
async function invite({ people, roomId }: Scene): Promise<void> {
  const { trpc } = people[0]!.client;
  const cast = [
    {
      handle: 'keeper',
      name: 'Keeper',
      tagline: 'Looks things up',
      systemPrompt: 'You look things up.',
      tools: ['search_room' as const, 'read_notes' as const],
    },
    { handle: 'marina', name: 'Marina', tagline: 'Knows the tides', systemPrompt: 'You know the tides.' },
  ];
  for (const character of cast) {
    const { handle } = character;
    const known = await world.database.db.character.findUnique({ where: { handle } });
    const { id: characterId } = known ?? (await trpc.characters.create.mutate(character)).character;
    if (!known && handle === 'keeper') await attachServer(world.database, handle, train.url);
    await patiently(() => trpc.rooms.addCharacter.mutate({ roomId, characterId, autoReply: handle === 'marina' ? 'ambient' : 'mention' }));
  }
}

/** How many jobs there were of each kind, and how many attempts at them took over from a worker. */
function countJobs(changes: readonly JobChange[]): Record<string, { jobs: number; takenOver: number }> {
  const counts: Record<string, { jobs: number; takenOver: number }> = {};
  const states = new Map<string, string>();
  for (const { job, kind, state, attempt } of changes) {
    const count = (counts[kind] ??= { jobs: 0, takenOver: 0 });
    const before = states.get(job);
    if (before === undefined) count.jobs++;
    const now = `${state} ${attempt}`;
    if (before?.startsWith('streaming') && state === 'streaming' && before !== now) count.takenOver++;
    states.set(job, now);
  }
  return counts;
}

/** How many calls that change something there were, by the last that was shown of them. */
function countBookings(changes: readonly JobChange[]): Record<string, number> {
  const last = new Map<string, string>();
  for (const { steps } of changes)
    for (const { id, state, repeatable } of steps.flatMap(({ calls }) => calls)) if (!repeatable) last.set(id, state);
  const counts: Record<string, number> = {};
  for (const state of last.values()) counts[state] = (counts[state] ?? 0) + 1;
  return counts;
}
