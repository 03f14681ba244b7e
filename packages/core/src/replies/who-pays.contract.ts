import { maxCallsPerMessage } from '@parley/contracts';
import { describe, expect, test } from 'vitest';
import { leaveRoom } from '../members/leave-room.js';
import { addCharacter } from '../characters/add-character.js';
import { checkAiBudget } from '../jobs/ai-budget.js';
import type { JobFence } from '../jobs/job.js';
import { send } from '../messages/testing-messages.js';
import { createTestWorld, placeCharacter, tokensADay, type TestUser, type TestWorld } from '../testing/index.js';
import { callsFromReply } from './calls-from-reply.js';
import { regenerateReply } from './regenerate-reply.js';
import { replyJobs } from './reply-sink.js';
import { claimed, complete, dyingWorker, lapse, worker } from './testing-replies.js';

/** The tokens of today of each person who has any, by name. */
async function spent(world: TestWorld): Promise<Record<string, number>> {
  const rows = await world.deps.db.$queryRaw<{ name: string; tokens: number }[]>`
    select u.username as name, a.tokens::int as tokens from ai_usage a join users u on u.id = a.user_id where a.tokens > 0`;
  return Object.fromEntries(rows.map(({ name, tokens }) => [name, tokens]));
}

/** Does all that waits, as a worker does, and counts it. Each reply says the same. */
async function doAll(world: TestWorld, content: string): Promise<number> {
  for (let done = 0; ; done++) {
    const claim = await replyJobs.sweep(world.deps, worker);
    if (!claim) return done;
    await replyJobs.end(world.deps, claim, { ...complete, content, calls: await callsFromReply(claim, content, { maxDepth: 10 }) });
  }
}

async function setAlways(world: TestWorld, by: TestUser, characterId: string): Promise<void> {
  await world.access.run(by.actor, world.room.id, 'rooms.addCharacter', (room) =>
    addCharacter(world.deps, room, { characterId, autoReply: 'always' }),
  );
}

/** Reserves tokens, which a limit of so many in a day allows or not; 0 is no limit. */
async function reserve(world: TestWorld, claim: JobFence, tokens: number, limit: number): Promise<string> {
  const { kind } = await replyJobs.reserve(world.deps, claim, { tokens, cost: 0 }, tokensADay(limit));
  return kind;
}

const used = 111;

export function whoPaysSuite(kind: 'pglite' | 'postgres'): void {
  describe('who acts pays', () => {
    test('for a reply that is written again: who has it written again, not who asked', async () => {
      await using world = await createTestWorld(kind);
      const visitor = await world.registerMember('vera');
      const claim = await claimed(world, visitor);
      expect(claim).toMatchObject({ paidBy: visitor.user.id });
      await replyJobs.end(world.deps, claim, complete);
      await world.access.run(visitor.actor, world.room.id, 'rooms.leave', (room) => leaveRoom(world.deps, room));
      await placeCharacter(world.deps, world.room.id, { handle: 'lin' });
      await world.access.runOfMessage(world.owner.actor, claim.id, 'replies.regenerate', (reply) => regenerateReply(world.deps, reply));
      // It calls another character now, which the same person pays for.
      expect(await doAll(world, 'What does @lin say?')).toBe(2);
      expect(await spent(world)).toEqual({ vera: used, tess: 2 * used });
    });

    test('for a reply that nobody asked for: who set the character to answer always, else the owner; for a mention its sender', async () => {
      await using world = await createTestWorld(kind);
      const [setter, visitor] = [await world.registerMember('sam'), await world.registerMember('vera')];
      const echo = await placeCharacter(world.deps, world.room.id, { handle: 'echo' });
      await setAlways(world, world.owner, echo);
      await world.deps.db.roomCharacter.updateMany({ where: { characterId: echo }, data: { setBy: setter.user.id } });
      const ada = await placeCharacter(world.deps, world.room.id, { handle: 'lin' });
      expect(ada).not.toBe(echo);

      await send(world, visitor, 'hi');
      await doAll(world, 'Hi. And @lin?');
      // What an unasked reply calls for is as unasked.
      expect(await spent(world)).toEqual({ sam: 2 * used });
      await send(world, visitor, 'hi @echo');
      await doAll(world, 'Hi.');
      expect(await spent(world)).toEqual({ sam: 2 * used, vera: used });
      await world.access.run(setter.actor, world.room.id, 'rooms.leave', (room) => leaveRoom(world.deps, room));
      await send(world, visitor, 'hi');
      await doAll(world, 'Hi.');
      expect(await spent(world)).toEqual({ sam: 2 * used, vera: used, tess: used });
    });

    test('for a bot, whatever way it causes a reply: its owner', async () => {
      await using world = await createTestWorld(kind);
      const [owner, bot] = [await world.registerMember('olga'), await world.registerMember('bob')];
      await world.deps.db.user.update({ where: { id: bot.user.id }, data: { ownerId: owner.user.id } });
      const echo = await placeCharacter(world.deps, world.room.id, { handle: 'echo' });
      await setAlways(world, world.owner, echo);
      await world.deps.db.roomCharacter.updateMany({ where: { characterId: echo }, data: { setBy: bot.user.id } });
      await send(world, bot, '/ask what now?');
      expect(await doAll(world, 'Tea.')).toBeGreaterThan(0);
      await send(world, world.owner, 'hi');
      const claim = await replyJobs.sweep(world.deps, worker);
      expect(claim).toMatchObject({ paidBy: owner.user.id });
      await replyJobs.end(world.deps, claim!, complete);
      expect(Object.keys(await spent(world))).toEqual(['olga']);
      await expect(checkAiBudget(world.deps, { userId: bot.user.id }, tokensADay(1))).rejects.toMatchObject({ code: 'AI_BUDGET_EXCEEDED' });
      await expect(checkAiBudget(world.deps, { userId: world.owner.user.id }, tokensADay(1))).resolves.toBeUndefined();
    });

    test('who sets a character to answer always is remembered as who pays', async () => {
      await using world = await createTestWorld(kind);
      const echo = await placeCharacter(world.deps, world.room.id, { handle: 'echo' });
      await setAlways(world, world.owner, echo);
      expect(await world.deps.db.roomCharacter.findFirst({ where: { characterId: echo } })).toMatchObject({ setBy: world.owner.user.id });
    });
  });

  describe('what one message causes', () => {
    test('is bounded, however many characters answer always and mention each other', async () => {
      await using world = await createTestWorld(kind);
      const handles = ['one', 'two', 'three', 'four', 'five', 'six'];
      for (const handle of handles) await placeCharacter(world.deps, world.room.id, { handle, autoReply: 'always' });
      await send(world, world.owner, 'hi');
      const calls = await doAll(world, handles.map((handle) => `@${handle}`).join(' '));
      expect(calls).toBeGreaterThan(5);
      expect(calls).toBeLessThanOrEqual(maxCallsPerMessage);
    });

    test('leaves a chain of two its turns', async () => {
      await using world = await createTestWorld(kind);
      for (const handle of ['one', 'two']) await placeCharacter(world.deps, world.room.id, { handle });
      await send(world, world.owner, '@one hi');
      expect(await doAll(world, '@one @two')).toBe(maxCallsPerMessage);
    });
  });

  describe('a call that an attempt opens', () => {
    test('is counted before, and its end counts the rest, or gives back what was too much', async () => {
      await using world = await createTestWorld(kind);
      const claim = await claimed(world);
      expect(await reserve(world, claim, 1_000, 0)).toBe('reserved');
      expect(await spent(world)).toEqual({ tess: 1_000 });
      await replyJobs.end(world.deps, claim, complete);
      expect(await spent(world)).toEqual({ tess: used });
      const next = await claimed(world);
      await reserve(world, next, 10, 0);
      await replyJobs.retry(world.deps, next, 0, { content: '', model: null, usage: { inputTokens: 60, outputTokens: 0 } });
      expect(await spent(world)).toEqual({ tess: used + 60 });
      const again = (await replyJobs.claim(world.deps, next.id, worker))!;
      await reserve(world, again, 10, 0);
      await replyJobs.end(world.deps, again, { ...complete, status: 'failed', usage: { inputTokens: 0, outputTokens: 0 } });
      expect(await spent(world)).toEqual({ tess: used + 60 });
      expect((await world.deps.db.message.findUnique({ where: { id: next.id } }))!.reply).toMatchObject({ usage: null });
    });

    test('stays counted when its worker dies in it, and the next attempt counts its own', async () => {
      await using world = await createTestWorld(kind);
      const dead = await claimed(world, world.owner, dyingWorker);
      await reserve(world, dead, 1_000, 0);
      await lapse(world, dead.id);
      const next = (await replyJobs.claim(world.deps, dead.id, worker))!;
      expect(await reserve(world, dead, 1_000, 0)).toBe('fenced');
      await reserve(world, next, 500, 0);
      await replyJobs.end(world.deps, next, complete);
      expect(await spent(world)).toEqual({ tess: 1_000 + used });
    });

    test('is refused once the tokens of the day are used up, also by calls under way', async () => {
      await using world = await createTestWorld(kind);
      const [one, other] = [await claimed(world), await claimed(world)];
      expect(await reserve(world, one, 100, 100)).toBe('reserved');
      expect(await reserve(world, other, 1, 100)).toBe('refused');
      await expect(checkAiBudget(world.deps, { userId: world.owner.user.id }, tokensADay(100))).rejects.toMatchObject({
        code: 'AI_BUDGET_EXCEEDED',
      });
      expect(await spent(world)).toEqual({ tess: 100 });
      await replyJobs.end(world.deps, one, { ...complete, usage: { inputTokens: 50, outputTokens: 0 } });
      expect(await reserve(world, other, 1, 100)).toBe('reserved');
      expect(await spent(world)).toEqual({ tess: 51 });
    });

    test('is counted of an attempt that somebody else ended while it ran, once', async () => {
      await using world = await createTestWorld(kind);
      const claim = await claimed(world);
      await reserve(world, claim, 1_000, 0);
      await world.deps.db.$executeRaw`update jobs set state = 'done' where id = ${claim.id}::uuid`;
      for (let n = 0; n < 2; n++) await replyJobs.settle(world.deps, claim, complete.usage);
      expect(await spent(world)).toEqual({ tess: used });
    });
  });
}
