import { setImmediate } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { patienceMs } from '../harness/patience.js';
import { checkAi } from './harness/ai-checker.js';
import { AiRecord, questionIn } from './harness/ai-record.js';
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
      // A prompt that some dozen messages fill, so that there are summaries; and no limit to what they and answers use.
      REPLY_PROMPT_TOKENS: '2000',
      AI_DAILY_TOKENS_PER_USER: '0',
      AI_DAILY_SUMMARY_TOKENS_PER_ROOM: '0',
    },
  });
  await startJournal(world.database);
});
afterAll(() => world?.[Symbol.asyncDispose]());

test(
  'random faults under load break no promise',
  async () => {
    const { chance } = world;
    const record = new AiRecord();
    const violations: string[] = [];
    const model = startModel(chance, record);
    world.model.script(model.script);
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
    const missing = () => kinds.filter((kind) => injected[kind]! < wanted);
    const startedAt = Date.now();
    const goesOn = () => Date.now() < startedAt + (missing().length === 0 ? minutes : mostMinutes) * 60_000;

    for (let room = 1; goesOn(); room++) {
      const scene = await startScene(world, { name: `random-${room}`, urls: Array.from({ length: 5 }, () => world.frontUrl) });
      const chats = await Promise.all(scene.people.slice(0, 2).map((person) => person.converse(`beside ${room}`, world.frontUrl)));
      await invite(scene);
      const load = startLoad(scene, chance, { record, room, chats });
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
      const truth = await scene.settle();
      for (const chat of chats) counts.answers += (await chat.settle(world.database)).length;
      // Who asks while the AI is paused is refused.
      expect(scene.history.sends.filter(({ acknowledged, refused }) => acknowledged === null && refused !== 'ROOM_AI_PAUSED')).toEqual([]);
      await until('all jobs are done', async () => (await world.database.db.job.count({ where: { state: { not: 'done' } } })) === 0);
      violations.push(...checkAi(record, scene.history, truth, await notesOf(world.database, scene.roomId)));
      for (const [what, times] of Object.entries(load.done)) counts.done[what] = (counts.done[what] ?? 0) + times;
      counts.rooms++;
      counts.messages += truth.messages.filter(({ kind }) => kind === 'text').length;
      counts.retries += scene.history.sends.reduce((sum, { tries }) => sum + tries - 1, 0);
      for (const { kind, status } of truth.messages) if (kind === 'reply') counts.replies[status!] = (counts.replies[status!] ?? 0) + 1;
      counts.reconnects += scene.readers.reduce((sum, reader) => sum + reader.connections() - 1, 0);
      await scene[Symbol.asyncDispose]();
    }

    const { changes, counted } = await readJournal(world.database);
    const jobs = countJobs(changes);
    console.log(
      JSON.stringify(
        { seed: chance.seed, minutes, ...counts, asked: model.asked, jobs, counted, injected, modelFaults: model.wrong },
        null,
        2,
      ),
    );
    const named = changes.map((change) => ({ ...change, question: questionIn(change.question) }));
    expect([...violations, ...checkJobs(named, counted, record.asked)]).toEqual([]);
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

/** Brings two characters into a room beside the one that is there: one that has tools, and one that speaks when it has something to say. */
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
