import { Prisma } from '@parley/db';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createTestWorld, placeCharacter, type TestWorld } from '../testing/index.js';
import type { Usage } from '@parley/contracts';
import type { Claimant, ClaimedJob } from './job.js';
import { claimedColumns, jobOfWakeUp, wakeUpOf } from './job.js';
import { JobLife } from './job-life.js';
import type { JobSink } from './job-sink.js';
import { insertJobs } from './job-statements.js';

/** A kind of job that only these tests know: it writes the topic of its room. */
interface Errand extends ClaimedJob {
  request: { topic: string };
}

interface ErrandEnd {
  usage: Usage | null;
  topic: string;
}

interface Written {
  topic: string;
  outcome: string;
}

const announced: string[] = [];

function topicOf(topic: Prisma.Sql): { ctes: Prisma.Sql; columns: Prisma.Sql } {
  return {
    ctes: Prisma.sql`written as (update rooms r set topic = ${topic} from job where r.id = job.room_id returning r.topic)`,
    columns: Prisma.sql`written.topic, job.state as outcome`,
  };
}

const errandSink: JobSink<Errand, Errand, ErrandEnd, Written, string> = {
  kind: 'errand',
  wakes: 'job',
  keptDays: 7,
  withdrawn: Prisma.sql`false`,
  places: ({ maxPerPerson }) => ({ perRoom: undefined, perPerson: maxPerPerson }),
  claim: (({ ctes, columns }) => ({ ctes, columns: Prisma.sql`${columns}, job.request, ${claimedColumns}` }))(
    topicOf(Prisma.sql`'under way'`),
  ),
  claimOf: (_deps, { id, attempt, roomId, tries, call, stopRequested, steps, request }) => ({
    id,
    attempt,
    roomId,
    tries,
    call,
    stopRequested,
    steps,
    request,
  }),
  refuse: (_row, exhausted) => (exhausted ? { usage: null, topic: 'given up' } : null),
  end: ({ topic }) => topicOf(Prisma.sql`${topic}::text`),
  requeue: () => topicOf(Prisma.sql`'waiting'`),
  announce: (_deps: unknown, { topic }) => {
    announced.push(topic);
    return topic;
  },
};

const errands = new JobLife(errandSink);

const worker: Claimant = { id: 'worker-1', leaseMs: 60_000 };
const dying: Claimant = { id: 'worker-dying', leaseMs: -1 };

/** What holds for every kind of job, shown with a kind that only these tests know. */
export function jobLifeSuite(kind: 'pglite' | 'postgres'): void {
  describe('the life of a job', () => {
    let world: TestWorld;
    let characterId: string;

    beforeEach(async () => {
      world = await createTestWorld(kind);
      characterId = await placeCharacter(world.deps, world.room.id, { handle: 'errand-boy' });
      announced.length = 0;
    });
    afterEach(() => world[Symbol.asyncDispose]());

    async function asked(): Promise<string> {
      const [row] = await world.deps.db.$queryRaw<{ id: string }[]>(Prisma.sql`
        with job as (${insertJobs(
          {
            kind: 'errand',
            id: Prisma.sql`gen_random_uuid()`,
            room: Prisma.sql`r.id`,
            character: Prisma.sql`${characterId}::uuid`,
            askedBy: Prisma.sql`${world.owner.user.id}::uuid`,
            request: Prisma.sql`'{"topic":"tea"}'::jsonb`,
          },
          Prisma.sql`rooms r where r.id = ${world.room.id}::uuid`,
        )})
        select id from job`);
      return row!.id;
    }

    const topic = async (): Promise<string> => (await world.deps.db.room.findUniqueOrThrow({ where: { id: world.room.id } })).topic;
    const row = (id: string) => world.deps.db.job.findUniqueOrThrow({ where: { id } });

    test('of those who claim at once one gets it, with what the kind reads; what it writes is in the same statement', async () => {
      const id = await asked();
      const claims = await Promise.all([1, 2, 3].map((n) => errands.claim(world.deps, id, { id: `worker-${n}`, leaseMs: 60_000 })));
      const [claim, ...others] = claims.filter((each) => each !== null);
      expect(others).toEqual([]);
      expect(claim).toMatchObject({ id, attempt: 1, tries: 0, call: null, steps: [], request: { topic: 'tea' } });
      expect(await topic()).toBe('under way');
    });

    test('the first end wins, is told once and costs the asker once; a later attempt’s or another’s writes nothing', async () => {
      const id = await asked();
      const claim = (await errands.claim(world.deps, id, worker))!;
      const usage = { inputTokens: 3, outputTokens: 4 };
      expect(await errands.end(world.deps, { id, attempt: 2 }, { topic: 'wrong attempt', usage })).toBeNull();
      expect(await errands.end(world.deps, claim, { topic: 'tea', usage })).toBe('tea');
      expect(await errands.end(world.deps, claim, { topic: 'twice', usage })).toBeNull();
      expect(await topic()).toBe('tea');
      expect(announced).toEqual(['tea']);
      expect(await row(id)).toMatchObject({ state: 'done', usage, leaseOwner: null, leaseUntil: null });
      const [spent] = await world.deps.db.aiUsage.findMany({ where: { userId: world.owner.user.id } });
      expect(spent).toMatchObject({ tokens: 7n });
      expect(await errands.claim(world.deps, id, worker)).toBeNull();
    });

    test('an end is written whatever its calls are said to have used', async () => {
      const id = await asked();
      const claim = (await errands.claim(world.deps, id, worker))!;
      const usage = { inputTokens: 99_999_999_999, outputTokens: 4 };
      expect(await errands.end(world.deps, claim, { topic: 'tea', usage })).toBe('tea');
      expect(await row(id)).toMatchObject({ state: 'done', usage });
    });

    test('finished jobs are kept for the days that their kind says, those of a year too; none that is not finished goes', async () => {
      const { db } = world.deps;
      const older = (interval: string) => db.$executeRaw`
        update jobs set created_at = created_at - ${interval}::interval, finished_at = finished_at - ${interval}::interval`;
      const [waiting, begun] = [await asked(), await asked()];
      await errands.claim(world.deps, begun, worker);
      await db.$executeRaw`
        insert into jobs (id, kind, room_id, character_id, asked_by, request, state, finished_at)
        select gen_random_uuid(), 'another', j.room_id, j.character_id, j.asked_by, j.request, 'done', now() from jobs j where j.id = ${waiting}::uuid`;
      let most = 0;
      for (let day = 0; day < 365; day += 5) {
        await db.$executeRaw`
          insert into jobs (id, kind, room_id, character_id, asked_by, request, state, finished_at)
          select gen_random_uuid(), 'errand', j.room_id, j.character_id, j.asked_by, j.request, 'done', now()
          from jobs j cross join generate_series(1, 100) where j.id = ${waiting}::uuid`;
        await older('5 days');
        let after: string | null = null;
        do {
          const step: Awaited<ReturnType<typeof errands.deleteSpent>> = await errands.deleteSpent(world.deps, after);
          after = step.next;
        } while (after !== null);
        most = Math.max(most, await db.job.count());
      }
      expect(most).toBeLessThanOrEqual(2 * 100 + 3);
      expect(await row(waiting)).toMatchObject({ state: 'queued' });
      expect(await row(begun)).toMatchObject({ state: 'streaming' });
      expect(await db.job.count({ where: { kind: 'another' } })).toBe(1);
    });

    test('a lapsed lease is taken over as the next attempt, counts as a try, and fences the one before', async () => {
      const id = await asked();
      const dead = (await errands.claim(world.deps, id, dying))!;
      expect(await errands.renew(world.deps, dead, dying)).toEqual({ fenced: false, stopRequestedBy: null });
      const next = (await errands.sweep(world.deps, worker))!;
      expect(next).toMatchObject({ id, attempt: 2, tries: 1 });
      expect(await errands.renew(world.deps, dead, worker)).toEqual({ fenced: true, stopRequestedBy: null });
      expect(await errands.retry(world.deps, dead, 0)).toBe('fenced');
      expect(await errands.end(world.deps, dead, { topic: 'from the grave', usage: null })).toBeNull();
      expect(await topic()).toBe('under way');
    });

    test('a failed attempt waits its time, then is tried again, and is over when its tries are used up', async () => {
      const id = await asked();
      const first = (await errands.claim(world.deps, id, worker))!;
      expect(await errands.retry(world.deps, first, 60_000)).toBe('requeued');
      expect(await topic()).toBe('waiting');
      expect(await errands.claim(world.deps, id, worker)).toBeNull();
      await world.deps.db.job.update({ where: { id }, data: { availableAt: new Date(0) } });
      const second = (await errands.claim(world.deps, id, worker))!;
      expect(second).toMatchObject({ attempt: 2, tries: 1 });
      expect(await errands.retry(world.deps, second, 0)).toBe('requeued');
      expect(await errands.claim(world.deps, id, { ...worker, maxTries: 2 })).toBeNull();
      expect(await row(id)).toMatchObject({ state: 'done', tries: 2 });
    });

    test('handed back, it is to be had at once, no try is counted, and a worker is woken for it by its kind', async () => {
      const id = await asked();
      const first = (await errands.claim(world.deps, id, worker))!;
      world.bus.clear();
      expect(await errands.handBack(world.deps, first)).toBe('requeued');
      expect(world.bus.enqueued).toEqual([wakeUpOf('errand', id)]);
      expect(jobOfWakeUp(world.bus.enqueued[0]!)).toEqual({ kind: 'errand', id });
      expect(await errands.claimNext(world.deps, id, worker)).toMatchObject({ attempt: 2, tries: 0 });
    });

    test('a job that no attempt can do is ended by the claim, and told', async () => {
      const id = await asked();
      for (let tries = 0; tries < 2; tries++) await errands.claim(world.deps, id, dying);
      expect(await errands.claim(world.deps, id, { ...worker, maxTries: 2 })).toBeNull();
      expect(announced).toEqual(['given up']);
      expect(await row(id)).toMatchObject({ state: 'done' });
    });

    test('a stop reaches its worker with the renewal, and what is given up after it is over', async () => {
      const id = await asked();
      const claim = (await errands.claim(world.deps, id, worker))!;
      const by = world.owner.user.id;
      const steps = [{ text: 'what a tool found', calls: [] }];
      await world.deps.db.job.update({ where: { id }, data: { stopRequestedAt: new Date(), stopRequestedBy: by, steps } });
      expect(await errands.renew(world.deps, claim, worker)).toEqual({ fenced: false, stopRequestedBy: by });
      expect(await errands.retry(world.deps, claim, 0)).toBe('stopped');
      // What it had done is kept for no attempt that comes after.
      expect(await row(id)).toMatchObject({ state: 'done', tries: 1, steps: [] });
    });

    test('bounds hold whatever claims race, and jobs of another kind take none of its places', async () => {
      const ids = [await asked(), await asked(), await asked()];
      const bounded = { ...worker, maxPerPerson: 2 };
      const claims = await Promise.all([0, 1, 2, 3].map(() => errands.sweep(world.deps, bounded)));
      const taken = claims.filter((claim) => claim !== null);
      // When several claims run at once, a claim may lose its place and find no other. The next sweep takes the job that is left.
      for (let more = await errands.sweep(world.deps, bounded); more; more = await errands.sweep(world.deps, bounded)) taken.push(more);
      expect(taken).toHaveLength(2);
      await world.deps.db.job.updateMany({ where: { id: { in: taken.map(({ id }) => id) } }, data: { kind: 'other' } });
      expect(await errands.sweep(world.deps, bounded)).toMatchObject({ id: ids.find((id) => !taken.some((claim) => claim.id === id)) });
    });
  });
}
