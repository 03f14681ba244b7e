import { maxUsageDays, usageReportSchema, type BudgetCap, type BudgetLimits, type BudgetScope } from '@parley/contracts';
import { Prisma } from '@parley/db';
import { describe, expect, test } from 'vitest';
import { removeOwnAccount } from '../privacy/remove-person.js';
import { exportAccount } from '../export/export-account.js';
import { checkAiBudget, noId } from '../jobs/ai-budget.js';
import { deleteSpentUsage } from '../jobs/delete-spent-usage.js';
import type { CallEstimate, Reservation } from '../jobs/ai-budget.js';
import {
  loadBudgetMeter,
  loadCharacterUsage,
  loadInstanceUsage,
  loadOwnUsage,
  loadPersonUsage,
  loadRoomUsage,
} from '../jobs/load-usage.js';
import { limitCharacter, limitPerson, limitRoom } from '../jobs/set-budget.js';
import type { JobFence } from '../jobs/job.js';
import { deleteMessage } from '../messages/delete-message.js';
import { createTestWorld, limitedTo, tokensADay, type TestWorld } from '../testing/index.js';
import { replyJobs } from './reply-sink.js';
import { claimed, complete, dyingWorker, lapse, worker } from './testing-replies.js';

const tokens = (amount: number): CallEstimate => ({ tokens: amount, cost: 0 });

function reserve(world: TestWorld, claim: JobFence, most: CallEstimate, limits: BudgetLimits): Promise<Reservation> {
  return replyJobs.reserve(world.deps, claim, most, limits);
}

/** What the counters of today hold, as `[tokens, cost]` by scope; those of the month must hold the same. */
async function counted(world: TestWorld): Promise<Partial<Record<BudgetScope, [number, number]>>> {
  const rows = await world.deps.db.$queryRaw<{ scope: BudgetScope; span: string; tokens: number; cost: number }[]>`
    select scope, span, sum(tokens)::int as tokens, sum(cost)::int as cost from usage_counters group by scope, span order by scope`;
  const of = (span: string) =>
    Object.fromEntries(rows.filter((row) => row.span === span).map((row) => [row.scope, [row.tokens, row.cost]]));
  expect(of('month')).toEqual(of('day'));
  return of('day');
}

const everywhere = (amount: number, cost = 0) => ({
  person: [amount, cost],
  room: [amount, cost],
  character: [amount, cost],
  instance: [amount, cost],
});

export function budgetsSuite(kind: 'pglite' | 'postgres'): void {
  describe('budgets', () => {
    test('a call is counted for who pays, its room, its character and the instance, by the most it may use; its end settles all', async () => {
      await using world = await createTestWorld(kind);
      const claim = await claimed(world);
      expect(await reserve(world, claim, { tokens: 5_000, cost: 900 }, tokensADay(5_000))).toEqual({ kind: 'reserved' });
      expect(await counted(world)).toEqual(everywhere(5_000, 900));
      const usage = { inputTokens: 100, cachedTokens: 40, outputTokens: 11 };
      await replyJobs.end(world.deps, claim, { ...complete, usage, spent: { model: 'test:model', cost: 70, priced: true } });
      expect(await counted(world)).toEqual(everywhere(111, 70));
      const { id: day } = { id: expect.any(Date) };
      expect(await world.deps.db.usageDay.findMany()).toEqual([
        {
          day,
          userId: world.owner.user.id,
          roomId: world.room.id,
          characterId: claim.character.id,
          model: 'test:model',
          calls: 1,
          inputTokens: 100n,
          cachedTokens: 40n,
          outputTokens: 11n,
          cost: 70n,
          unpriced: 0,
        },
      ]);
    });

    test.each([
      ['person', 'day', 'tokens', { dayTokens: 100 }],
      ['person', 'month', 'cost', { monthCost: 100 }],
      ['room', 'day', 'cost', { dayCost: 100 }],
      ['room', 'month', 'tokens', { monthTokens: 100 }],
      ['character', 'day', 'tokens', { dayTokens: 100 }],
      ['instance', 'month', 'tokens', { monthTokens: 100 }],
      ['instance', 'day', 'cost', { dayCost: 100 }],
    ] as const)(
      'a call that might pass the limit of a %s for a %s in %s is refused, and counted nowhere',
      async (scope, span, unit, limit) => {
        await using world = await createTestWorld(kind);
        const limits = limitedTo({ [scope]: limit });
        const [one, other] = [await claimed(world), await claimed(world)];
        expect(await reserve(world, one, { tokens: 60, cost: 60 }, limits)).toEqual({ kind: 'reserved' });
        const refused = await reserve(world, other, { tokens: 41, cost: 41 }, limits);
        const cap = { scope, span, unit, limit: 100, used: 60, retryAfterMs: expect.any(Number) as number } satisfies BudgetCap;
        expect(refused).toEqual({ kind: 'refused', cap });
        expect(await counted(world)).toEqual(everywhere(60, 60));
        // What just fits is let in.
        expect(await reserve(world, other, { tokens: 40, cost: 40 }, limits)).toEqual({ kind: 'reserved' });
      },
    );

    test('what was reserved comes back where nothing was opened or the provider counted nothing, and the next call has it', async () => {
      await using world = await createTestWorld(kind);
      const limits = tokensADay(100);
      const failed = await claimed(world);
      await reserve(world, failed, tokens(100), limits);
      const nothing = { inputTokens: 0, outputTokens: 0 };
      await replyJobs.retry(world.deps, failed, 0, { content: '', model: null, usage: nothing });
      expect(await counted(world)).toEqual(everywhere(0));
      expect(await world.deps.db.usageDay.count()).toBe(0);
      const again = (await replyJobs.claim(world.deps, failed.id, worker))!;
      expect(await reserve(world, again, tokens(100), limits)).toEqual({ kind: 'reserved' });
    });

    test('a worker that dies in a call leaves it counted; the attempt that takes over is settled by itself', async () => {
      await using world = await createTestWorld(kind);
      const dead = await claimed(world, world.owner, dyingWorker);
      await reserve(world, dead, { tokens: 1_000, cost: 10 }, limitedTo({}));
      await lapse(world, dead.id);
      const next = (await replyJobs.claim(world.deps, dead.id, worker))!;
      await reserve(world, next, { tokens: 500, cost: 7 }, limitedTo({}));
      await replyJobs.end(world.deps, next, { ...complete, spent: { model: 'test:model', cost: 3, priced: true } });
      expect(await counted(world)).toEqual(everywhere(1_111, 13));
    });

    test('all calls of an attempt count in the day in which its first was opened: midnight gives nobody back what others used', async () => {
      await using world = await createTestWorld(kind);
      const early = await claimed(world);
      await reserve(world, early, { tokens: 500, cost: 50 }, limitedTo({}));
      // Midnight comes, which at the end of a month is that of the month too.
      const yesterday = Prisma.sql`(clock_timestamp() at time zone 'utc')::date - 1`;
      await world.deps.db.$executeRaw(Prisma.sql`
        update usage_counters set day = case span when 'day' then ${yesterday} else date_trunc('month', ${yesterday})::date end`);
      await world.deps.db.$executeRaw(Prisma.sql`update ai_usage set day = ${yesterday}`);
      await world.deps.db.$executeRaw(Prisma.sql`update jobs set reserved_on = ${yesterday} where id = ${early.id}::uuid`);
      const late = await claimed(world);
      await reserve(world, late, { tokens: 300, cost: 30 }, limitedTo({}));
      // The attempt goes on after its tools.
      expect(await reserve(world, early, { tokens: 500, cost: 50 }, limitedTo({}))).toEqual({ kind: 'reserved' });
      await replyJobs.end(world.deps, early, { ...complete, spent: { model: 'test:model', cost: 7, priced: true } });
      const days = await world.deps.db.$queryRaw(Prisma.sql`
        select (${yesterday} + 1 - day) as ago, tokens::int as tokens, cost::int as cost from usage_counters where span = 'day' and scope = 'instance' order by day`);
      expect(days).toEqual([
        { ago: 1, tokens: 111, cost: 7 },
        { ago: 0, tokens: 300, cost: 30 },
      ]);
      const [month] = await world.deps.db.$queryRaw<object[]>(Prisma.sql`
        select sum(tokens)::int as tokens, sum(cost)::int as cost from usage_counters where span = 'month' and scope = 'instance'`);
      expect(month).toEqual({ tokens: 411, cost: 37 });
    });

    test('deleting the message, the room or the character gives nothing back', async () => {
      await using world = await createTestWorld(kind);
      const claim = await claimed(world);
      await reserve(world, claim, tokens(500), limitedTo({}));
      await replyJobs.end(world.deps, claim, complete);
      await world.access.runOfMessage(world.owner.actor, claim.id, 'messages.delete', (message) => deleteMessage(world.deps, message));
      await world.deps.db.room.update({ where: { id: world.room.id }, data: { archivedAt: new Date() } });
      await world.deps.db.character.updateMany({ data: { deletedAt: new Date() } });
      expect(await counted(world)).toEqual(everywhere(111));
      await expect(checkAiBudget(world.deps, { userId: world.owner.user.id }, tokensADay(111))).rejects.toMatchObject({
        code: 'AI_BUDGET_EXCEEDED',
      });
    });

    test('what people set for a room or a character holds beside the instance’s limit; what is set for a person takes its place', async () => {
      await using world = await createTestWorld(kind);
      const claim = await claimed(world);
      const set = (scope: BudgetScope, id: string, dayTokens: bigint) =>
        world.deps.db.usageLimit.create({ data: { scope, id, dayTokens } });
      await set('room', world.room.id, 100n);
      const refusedBy = async (limits: BudgetLimits) => {
        const outcome = await reserve(world, claim, tokens(150), limits);
        return outcome.kind === 'refused' ? [outcome.cap.scope, outcome.cap.limit] : outcome.kind;
      };
      expect(await refusedBy(limitedTo({ room: { dayTokens: 1_000 } }))).toEqual(['room', 100]);
      expect(await refusedBy(limitedTo({ room: { dayTokens: 50 } }))).toEqual(['room', 50]);
      await world.deps.db.usageLimit.deleteMany();
      await set('character', claim.character.id, 120n);
      expect(await refusedBy(limitedTo({}))).toEqual(['character', 120]);
      await world.deps.db.usageLimit.deleteMany();
      await set('person', world.owner.user.id, 200n);
      expect(await refusedBy(limitedTo({ person: { dayTokens: 100 } }))).toBe('reserved');
      expect(await refusedBy(limitedTo({ person: { dayTokens: 1_000 } }))).toEqual(['person', 200]);
    });

    test('a command is refused before it is written where its person, room or instance has nothing left', async () => {
      await using world = await createTestWorld(kind);
      const claim = await claimed(world);
      await replyJobs.end(world.deps, claim, complete);
      const call = { userId: world.owner.user.id, roomId: world.room.id };
      for (const [scope, words] of [
        ['person', 'Your AI tokens for today are used up. They come back at midnight UTC.'],
        ['room', 'This room’s AI tokens for today are used up. They come back at midnight UTC.'],
        ['instance', 'This server’s AI tokens for today are used up. They come back at midnight UTC.'],
      ] as const) {
        await expect(checkAiBudget(world.deps, call, limitedTo({ [scope]: { dayTokens: 111 } }))).rejects.toMatchObject({
          code: 'AI_BUDGET_EXCEEDED',
          message: words,
          details: { retryAfterMs: expect.any(Number) },
        });
        await expect(checkAiBudget(world.deps, call, limitedTo({ [scope]: { dayTokens: 112 } }))).resolves.toBeUndefined();
      }
    });

    test('reports say what was used by day, model and character: a person theirs, moderators their room’s, admins all', async () => {
      await using world = await createTestWorld(kind);
      const other = await world.registerMember('ben');
      for (const [by, model, cost] of [
        [world.owner, 'test:dear', 900],
        [world.owner, 'test:free', 0],
        [other, 'test:dear', 100],
      ] as const) {
        const claim = await claimed(world, by);
        await replyJobs.end(world.deps, claim, { ...complete, spent: { model, cost, priced: cost > 0 } });
      }
      const budgets = limitedTo({ person: { dayTokens: 1_000 }, room: { monthCost: 2_000 }, instance: { dayTokens: 5_000 } });
      const input = { days: 31, budgets };
      const one = { calls: 1, inputTokens: 100, cachedTokens: 0, outputTokens: 11, unpricedCalls: 0 };
      const mine = await loadOwnUsage(world.deps, world.owner.actor, input);
      expect(mine).toMatchObject({
        total: { ...one, calls: 2, inputTokens: 200, outputTokens: 22, cost: 900, unpricedCalls: 1 },
        days: [{ day: expect.stringMatching(/^\d{4}-\d\d-\d\d$/), calls: 2 }],
        models: [
          { ...one, model: 'test:dear', cost: 900 },
          { ...one, model: 'test:free', cost: 0, unpricedCalls: 1 },
        ],
        characters: [{ name: 'Ada', calls: 2 }],
        budgets: [{ scope: 'person', span: 'day', unit: 'tokens', limit: 1_000, used: 222 }],
        setLimits: { dayTokens: null, monthTokens: null, dayCost: null, monthCost: null },
      });
      expect(usageReportSchema.parse(mine)).toEqual(mine);
      const inRoom = await world.access.run(world.owner.actor, world.room.id, 'usage.room', (room) =>
        loadRoomUsage(world.deps, room, input),
      );
      expect(inRoom).toMatchObject({
        total: { calls: 3, cost: 1_000 },
        budgets: [{ scope: 'room', span: 'month', unit: 'cost', used: 1_000 }],
      });
      expect(JSON.stringify(inRoom)).not.toContain(other.user.id);
      await world.deps.db.user.update({ where: { id: world.owner.user.id }, data: { isAdmin: true } });
      expect(await loadInstanceUsage(world.deps, world.owner.actor, input)).toMatchObject({ total: { calls: 3 }, setLimits: null });
      expect((await loadOwnUsage(world.deps, other.actor, input)).total).toMatchObject({ calls: 1, cost: 100 });
      const ofOther = await loadPersonUsage(world.deps, world.owner.actor, { username: '@Ben', ...input });
      expect(ofOther).toMatchObject({ total: { calls: 1, cost: 100 }, budgets: [{ scope: 'person', used: 111 }] });
      const { id: characterId } = (await world.deps.db.character.findFirst({ where: { handle: 'ada' } }))!;
      const characterLimit = limitedTo({ character: { monthTokens: 900 } });
      expect(await loadCharacterUsage(world.deps, world.owner.actor, { characterId, days: 31, budgets: characterLimit })).toMatchObject({
        total: { calls: 3, cost: 1_000 },
        budgets: [{ scope: 'character', span: 'month', unit: 'tokens', limit: 900, used: 333 }],
      });
    });

    test('the meter says nothing below four fifths; what a moderator, a maker or an admin sets holds from then on', async () => {
      await using world = await createTestWorld(kind);
      const claim = await claimed(world);
      await replyJobs.end(world.deps, claim, complete);
      const meter = (dayTokens: number) =>
        world.access.run(world.owner.actor, world.room.id, 'usage.meter', (room) =>
          loadBudgetMeter(world.deps, room, { budgets: tokensADay(dayTokens) }),
        );
      expect(await meter(139)).toEqual([]);
      expect(await meter(138)).toMatchObject([{ scope: 'person', span: 'day', unit: 'tokens', limit: 138, used: 111 }]);
      const limits = { dayTokens: 120, monthTokens: null, dayCost: null, monthCost: null };
      const set = (dayTokens: number | null) =>
        world.access.run(world.owner.actor, world.room.id, 'usage.limitRoom', (room) =>
          limitRoom(world.deps, room, { ...limits, dayTokens }),
        );
      await set(120);
      expect(await meter(0)).toMatchObject([{ scope: 'room', limit: 120, used: 111 }]);
      await set(null);
      expect(await meter(0)).toEqual([]);
      await world.deps.db.user.update({ where: { id: world.owner.user.id }, data: { isAdmin: true } });
      await limitPerson(world.deps, world.owner.actor, { username: '@tess', ...limits });
      expect(await meter(100_000)).toMatchObject([{ scope: 'person', limit: 120 }]);
      await limitCharacter(world.deps, world.owner.actor, { characterId: claim.character.id, ...limits });
      await limitPerson(world.deps, world.owner.actor, { username: 'tess', ...limits, dayTokens: null });
      expect(await reserve(world, await claimed(world), tokens(10), limitedTo({}))).toMatchObject({
        cap: { scope: 'character', limit: 120 },
      });
    });

    test('the sweep takes away what no limit and no report reads any more, and nothing of the present month or of the days that reports show', async () => {
      await using world = await createTestWorld(kind);
      const { db } = world.deps;
      const claim = await claimed(world);
      await replyJobs.end(world.deps, claim, complete);
      const counters = await db.usageCounter.count();
      // The same again, of every day and month of a year before.
      await db.$executeRaw`
        insert into usage_counters (scope, id, span, day, tokens, cost)
        select c.scope, c.id, c.span, case c.span when 'day' then c.day - n else (date_trunc('month', c.day) - make_interval(months => n))::date end, 1, 1
        from usage_counters c, generate_series(1, 365) n where c.span = 'day' or n <= 12`;
      await db.$executeRaw`
        insert into usage_days (day, user_id, room_id, character_id, model, calls)
        select d.day - n, d.user_id, d.room_id, d.character_id, d.model, 1 from usage_days d, generate_series(1, 365) n`;
      await db.$executeRaw`
        insert into ai_usage (user_id, day, tokens) select a.user_id, a.day - n, 1 from ai_usage a, generate_series(1, 365) n`;
      const report = () => loadOwnUsage(world.deps, world.owner.actor, { days: maxUsageDays, budgets: tokensADay(1_000) });
      const before = await report();
      expect(before.days).toHaveLength(maxUsageDays);
      let deleted = 0;
      for (let step = await deleteSpentUsage(world.deps); ; step = await deleteSpentUsage(world.deps)) {
        deleted += step.deleted;
        if (step.next === null) break;
      }
      expect(deleted).toBeGreaterThan(0);
      expect(await report()).toEqual(before);
      expect(await db.usageDay.count()).toBe(maxUsageDays + 1);
      expect(await db.aiUsage.count()).toBe(8);
      const kept = await db.$queryRaw<{ span: string; oldest: number; rows: number }[]>`
        select span, max((clock_timestamp() at time zone 'utc')::date - day)::int as oldest, count(*)::int as rows from usage_counters group by span order by span`;
      // Of four scopes: today with seven days before; this month, and the one before while it is over for less than a week.
      expect(kept).toEqual([
        { span: 'day', oldest: 7, rows: (counters / 2) * 8 },
        { span: 'month', oldest: expect.any(Number), rows: expect.any(Number) },
      ]);
      expect([counters / 2, counters]).toContain(kept[1]!.rows);
      expect(kept[1]!.oldest).toBeLessThan(31 + 7);
    });

    test('an account takes its use along in its export; once it has ended, that is nobody’s, and gives nothing back', async () => {
      await using world = await createTestWorld(kind);
      const { db } = world.deps;
      const ben = await world.registerMember('ben');
      for (const by of [ben, world.owner]) {
        const claim = await claimed(world, by);
        await replyJobs.end(world.deps, claim, { ...complete, spent: { model: 'test:model', cost: 7, priced: true } });
      }
      await db.usageLimit.create({ data: { scope: 'person', id: ben.user.id, dayTokens: 5n } });
      let exported = '';
      for await (const part of exportAccount(world.deps, ben.actor)) exported += part;
      const used = exported
        .trimEnd()
        .split('\n')
        .map((each) => JSON.parse(each) as { type: string })
        .filter(({ type }) => type === 'usage');
      const sums = { model: 'test:model', calls: 1, inputTokens: 100, cachedTokens: 0, outputTokens: 11, cost: 7, unpricedCalls: 0 };
      const day = expect.stringMatching(/^\d{4}-\d\d-\d\d$/) as string;
      expect(used).toEqual([{ type: 'usage', day, roomId: world.room.id, characterId: expect.any(String) as string, ...sums }]);

      const before = await counted(world);
      await removeOwnAccount({ ...world.deps, rooms: world.access }, ben.actor, { password: ben.password });
      expect(await counted(world)).toEqual(before);
      expect(await db.usageLimit.count()).toBe(0);
      expect((await db.usageDay.findMany({ orderBy: { userId: 'asc' } })).map(({ userId, calls, cost }) => [userId, calls, cost])).toEqual([
        [noId, 1, 7n],
        [world.owner.user.id, 1, 7n],
      ]);
      const report = await world.access.run(world.owner.actor, world.room.id, 'usage.room', (room) =>
        loadRoomUsage(world.deps, room, { days: 1, budgets: limitedTo({ room: { dayTokens: 500 } }) }),
      );
      expect(report).toMatchObject({ total: { calls: 2, cost: 14 }, budgets: [{ used: 222 }] });
      // A second one that ends is added to it.
      const cy = await world.registerMember('cy');
      const claim = await claimed(world, cy);
      await replyJobs.end(world.deps, claim, { ...complete, spent: { model: 'test:model', cost: 7, priced: true } });
      await removeOwnAccount({ ...world.deps, rooms: world.access }, cy.actor, { password: cy.password });
      expect(await db.usageDay.findFirst({ where: { userId: noId } })).toMatchObject({ calls: 2, inputTokens: 200n, cost: 14n });
    });

    test('what processes of an earlier version count for a person’s day counts, and they see what is counted now', async () => {
      await using world = await createTestWorld(kind);
      const { id: userId } = world.owner.user;
      const spentBefore = async () => (await world.deps.db.aiUsage.findFirst({ where: { userId } }))?.tokens;
      const claim = await claimed(world);
      await reserve(world, claim, tokens(10), limitedTo({}));
      expect(await spentBefore()).toBe(10n);
      // As an earlier worker reserves.
      await world.deps.db.$executeRaw`update ai_usage set tokens = tokens + 80 where user_id = ${userId}::uuid`;
      const other = await claimed(world);
      expect(await reserve(world, other, tokens(11), tokensADay(100))).toMatchObject({ kind: 'refused', cap: { used: 90 } });
      await expect(checkAiBudget(world.deps, { userId }, tokensADay(90))).rejects.toMatchObject({ code: 'AI_BUDGET_EXCEEDED' });
      expect(await reserve(world, other, tokens(10), tokensADay(100))).toEqual({ kind: 'reserved' });
      await replyJobs.end(world.deps, claim, { ...complete, usage: { inputTokens: 1, outputTokens: 1 } });
      expect(await spentBefore()).toBe(92n);
    });
  });
}
