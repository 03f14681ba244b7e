import { channels } from '@parley/contracts';
import { Prisma } from '@parley/db';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Claimant } from '../jobs/job.js';
import { createTestWorld, placeCharacter, tokensADay, type TestUser, type TestWorld } from '../testing/index.js';
import { giveUpCompletion, lookAtCompletion } from './await-completion.js';
import { beginCompletion } from './begin-completion.js';
import { newCompletionId, type CompletionRequest, type CompletionResult } from './completion.js';
import { completionJobs } from './completion-sink.js';
import { listModels } from './list-models.js';

const worker: Claimant = { id: 'worker-1', leaseMs: 60_000 };
const dying: Claimant = { id: 'worker-dying', leaseMs: -1 };
const request: CompletionRequest = {
  messages: [{ role: 'user', content: 'a secret question' }],
  temperature: null,
  maxTokens: null,
  stop: [],
};
const usage = { inputTokens: 100, outputTokens: 11 };
const result: CompletionResult = { text: 'a secret answer', end: { type: 'end', reason: 'stop', usage } };

/** What holds for completions: jobs of no room, whose result one caller waits for. */
/** All that a row holds. A count of the database is no JSON. */
const textOf = (rows: unknown): string => JSON.stringify(rows, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value));

export function completionsSuite(kind: 'pglite' | 'postgres'): void {
  describe('a completion', () => {
    let world: TestWorld;

    beforeEach(async () => {
      world = await createTestWorld(kind);
      await placeCharacter(world.deps, world.room.id, { handle: 'pirate', systemPrompt: 'Speak like a pirate.', temperature: 0.5 });
    });
    afterEach(() => world[Symbol.asyncDispose]());

    const begin = async (who: TestUser = world.owner, model = 'pirate') => {
      const id = newCompletionId();
      await beginCompletion(world.deps, who.actor, { id, model, request });
      return id;
    };
    const look = (id: string) => lookAtCompletion(world.deps, world.owner.actor, id);
    const rows = () => world.deps.db.job.findMany({ where: { kind: 'completion' } });
    const claimed = async (id: string) => {
      const claim = await completionJobs.claim(world.deps, id, worker);
      if (!claim) throw new Error('nothing to claim');
      return claim;
    };

    test('is claimed with what was asked and of whom, ends with its result, and is taken once', async () => {
      const id = await begin();
      expect(world.bus.enqueued).toEqual([`completion:${id}`]);
      expect(await look(id)).toEqual({ kind: 'waiting', busy: false });
      const claim = await claimed(id);
      expect(claim).toMatchObject({
        roomId: null,
        attempt: 1,
        request,
        paidBy: world.owner.user.id,
        askedBy: { handle: 'tess' },
        character: { handle: 'pirate', systemPrompt: 'Speak like a pirate.', temperature: 0.5, model: null },
      });
      expect(await look(id)).toEqual({ kind: 'underWay' });
      expect(await completionJobs.end(world.deps, claim, { usage, result })).toBe(true);
      expect(textOf(await rows())).not.toContain('question');
      expect(world.bus.on(channels.completion(id))).toEqual([
        { deltas: [{ messageId: id, attempt: 1, offset: 0, text: '' }] },
        { deltas: [], ended: true },
      ]);
      expect(await look(id)).toEqual({ kind: 'ended', result });
      expect(await look(id)).toEqual({ kind: 'gone' });
      expect(await rows()).toEqual([]);
    });

    test('costs the owner of a bot that asks, and what was reserved is settled', async () => {
      const bot = await world.register('botty');
      await world.deps.db.user.update({ where: { id: bot.user.id }, data: { ownerId: world.owner.user.id } });
      const claim = await claimed(await begin(bot));
      expect(claim).toMatchObject({ paidBy: world.owner.user.id, askedBy: { handle: 'botty' } });
      const most = { tokens: 500, cost: 0 };
      expect(await completionJobs.reserve(world.deps, claim, most, tokensADay(1_000))).toEqual({ kind: 'reserved' });
      await completionJobs.end(world.deps, claim, { usage, result });
      const spent = await world.deps.db.$queryRaw<
        { id: string; tokens: number }[]
      >`select user_id as id, tokens::int as tokens from ai_usage`;
      expect(spent).toEqual([{ id: world.owner.user.id, tokens: 111 }]);
      const next = await claimed(await begin(bot));
      expect(await completionJobs.reserve(world.deps, next, most, tokensADay(100))).toMatchObject({ kind: 'refused' });
    });

    test('whose worker died is begun anew by another; the late end of the first writes nothing', async () => {
      const id = await begin();
      const lost = (await completionJobs.claim(world.deps, id, dying))!;
      const claim = await claimed(id);
      expect(claim).toMatchObject({ attempt: 2, tries: 1, request });
      expect(await completionJobs.end(world.deps, lost, { usage, result: { ...result, text: 'late' } })).toBeNull();
      await completionJobs.end(world.deps, claim, { usage, result });
      expect(await look(id)).toEqual({ kind: 'ended', result });
    });

    test('that is tried in vain ends', async () => {
      const id = await begin();
      for (let attempt = 1; attempt <= 3; attempt++) await completionJobs.claim(world.deps, id, { ...dying, maxTries: 3 });
      expect(await completionJobs.claim(world.deps, id, { ...dying, maxTries: 3 })).toBeNull();
      expect(await look(id)).toMatchObject({ kind: 'ended', result: { end: { type: 'failed', code: 'TRIES_EXHAUSTED' } } });
    });

    test('that nobody waits for any more goes: a waiting one at once, one under way by its worker', async () => {
      const waiting = await begin();
      await giveUpCompletion(world.deps, world.owner.actor, waiting);
      expect(await rows()).toEqual([]);
      const id = await begin();
      const claim = await claimed(id);
      const stranger = await world.register('sam');
      await giveUpCompletion(world.deps, stranger.actor, id);
      expect(await completionJobs.renew(world.deps, claim, worker)).toEqual({ fenced: false, stopRequestedBy: null });
      await giveUpCompletion(world.deps, world.owner.actor, id);
      expect(world.bus.on(channels.replyStop(id))).toEqual([{ attempt: 1, stoppedBy: world.owner.user.id }]);
      expect(await completionJobs.renew(world.deps, claim, worker)).toMatchObject({ stopRequestedBy: world.owner.user.id });
      // A worker that stops hands it back: it is over then, and keeps nothing of what was asked.
      expect(await completionJobs.handBack(world.deps, claim)).toBe('stopped');
      expect(textOf(await rows())).not.toContain('secret');
    });

    test('is handed back with what was asked', async () => {
      const id = await begin();
      expect(await completionJobs.handBack(world.deps, await claimed(id))).toBe('requeued');
      expect(await claimed(id)).toMatchObject({ attempt: 2, tries: 0, request });
    });

    test('is of a character that is there, that is still there, and that a worker answers for', async () => {
      await expect(begin(world.owner, 'nobody')).rejects.toMatchObject({ code: 'CHARACTER_NOT_FOUND' });
      await placeCharacter(world.deps, world.room.id, { handle: 'scout', model: 'agent' });
      await expect(begin(world.owner, 'scout')).rejects.toMatchObject({ code: 'VALIDATION', details: { field: 'model' } });
      const models = (await listModels(world.deps, world.owner.actor)).map(({ model }) => model);
      expect(models).toContain('pirate');
      expect(models).not.toContain('scout');
      const id = await begin(world.owner, 'Pirate');
      await world.deps.db.character.update({ where: { handle: 'pirate' }, data: { deletedAt: new Date() } });
      expect(await completionJobs.claim(world.deps, id, worker)).toBeNull();
      expect(await look(id)).toMatchObject({ kind: 'ended', result: { end: { code: 'CHARACTER_GONE' } } });
    });

    test('is not begun by a session that has ended', async () => {
      await world.deps.db.session.update({ where: { id: world.owner.actor.sessionId }, data: { revokedAt: new Date() } });
      await expect(begin()).rejects.toMatchObject({ code: 'SESSION_REVOKED' });
      expect(await rows()).toEqual([]);
    });

    test('waits for its turn among those of the same person, and says that workers are at work', async () => {
      const one = { ...worker, maxPerPerson: 1 };
      const [first, second] = [await begin(), await begin()];
      expect(await completionJobs.claim(world.deps, first, one)).not.toBeNull();
      expect(await completionJobs.claim(world.deps, second, one)).toBeNull();
      expect(await look(second)).toEqual({ kind: 'waiting', busy: true });
      // An agent from outside is no worker.
      await world.deps.db.job.update({ where: { id: first }, data: { kind: 'agent_reply' } });
      expect(await look(second)).toEqual({ kind: 'waiting', busy: false });
      await world.deps.db.job.update({ where: { id: first }, data: { kind: 'completion' } });
      const other = await world.register('sam');
      expect(await completionJobs.claim(world.deps, await begin(other), one)).not.toBeNull();
    });

    test('that its caller never took goes after a day', async () => {
      const id = await begin();
      await completionJobs.end(world.deps, await claimed(id), { usage, result });
      await completionJobs.deleteSpent(world.deps, null);
      expect(await rows()).toHaveLength(1);
      await world.deps.db.$executeRaw(Prisma.sql`update jobs set finished_at = now() - interval '1 day' where id = ${id}::uuid`);
      await completionJobs.deleteSpent(world.deps, null);
      expect(await rows()).toEqual([]);
    });
  });
}
