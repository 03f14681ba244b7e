import { describe, expect, test } from 'vitest';
import { forgetAuthor } from '../accounts/forget-author.js';
import { removeCharacter } from '../characters/remove-character.js';
import { deleteMessage } from '../messages/delete-message.js';
import { editMessage } from '../messages/edit-message.js';
import { hideFromAi } from '../messages/hide-from-ai.js';
import { send } from '../messages/testing-messages.js';
import { createTestWorld, limitedTo, tokensADay, type TestWorld } from '../testing/index.js';
import { checkAiBudget } from '../jobs/ai-budget.js';
import { loadInstanceUsage, loadOwnUsage, loadRoomUsage } from '../jobs/load-usage.js';
import { earlierMemoryJobs, summaryJobs, wantSummary, type ClaimedSummary } from './room-summary-sink.js';
import { loadRoomSummary } from './room-summary.js';
import { claimed, complete, dyingWorker, worker } from '../replies/testing-replies.js';
import { replyJobs } from '../replies/reply-sink.js';

/** The character of the world's room, as a summary is of it. */
async function reader(world: TestWorld) {
  const { roomId, character } = await claimed(world);
  return { roomId, character, message: { seq: 1_000 } };
}

type Reader = Awaited<ReturnType<typeof reader>>;

/** Has a summary wanted, and claims its job. */
async function begun(world: TestWorld, of: Reader, as = worker): Promise<ClaimedSummary | null> {
  await wantSummary(world.deps, of, { askedBy: world.owner.user.id });
  return summaryJobs.sweep(world.deps, as);
}

/** Writes the next step of a summary, of everything up to a seq. */
async function store(world: TestWorld, of: Reader, upToSeq: number, text: string): Promise<void> {
  const claim = (await begun(world, of))!;
  const { summary, basis } = await loadRoomSummary(world.deps, of);
  const firstSeq = summary?.firstSeq ?? 1;
  const next = { joinedSeq: of.character.joinedSeq, before: summary, basis, firstSeq, upToSeq, text };
  await summaryJobs.end(world.deps, claim, { usage: null, next });
}

async function textOf(world: TestWorld, of: Reader): Promise<string | null> {
  return (await loadRoomSummary(world.deps, of)).summary?.text ?? null;
}

/** Three messages, each with a step of the summary that ends with it. */
async function summarised(world: TestWorld) {
  const of = await reader(world);
  const messages = [];
  for (const content of ['one', 'two', 'three']) {
    const { message } = await send(world, world.owner, content);
    await store(world, of, message.seq, `up to ${content}`);
    messages.push(message);
  }
  const [one, two, three] = messages;
  return { of, one: one!, two: two!, three: three!, text: () => textOf(world, of) };
}

/** Changes a message with the room's next rev, as a write of an earlier version would. */
async function change(world: TestWorld, id: string, data: object): Promise<void> {
  const { lastRev } = await world.deps.db.roomCounter.update({ where: { roomId: world.room.id }, data: { lastRev: { increment: 1 } } });
  await world.deps.db.message.update({ where: { id }, data: { ...data, rev: lastRev } });
}

export function roomSummarySuite(kind: 'pglite' | 'postgres'): void {
  describe('a room’s summary', () => {
    test('is none at first, then what was kept, whatever is said, pinned or reacted to later', async () => {
      await using world = await createTestWorld(kind);
      expect(await textOf(world, await reader(world))).toBeNull();
      const { one, text } = await summarised(world);
      await send(world, world.owner, 'new');
      await change(world, one.id, { pinnedAt: new Date() });
      expect(await text()).toBe('up to three');
    });

    test('stands up to the message that was edited, deleted, is written again or lost its author, also where an earlier version did it', async () => {
      await using world = await createTestWorld(kind);
      const changes = [{ editedAt: new Date() }, { deletedAt: new Date() }, { status: 'queued', kind: 'reply' }, { authorHandle: '' }];
      for (const data of changes) {
        const { of, two, text } = await summarised(world);
        await change(world, two.id, data);
        expect(await text()).toBe('up to one');
        await store(world, of, two.seq, 'anew');
        expect(await text()).toBe('anew');
        expect(await world.deps.db.summaryStep.findMany({ select: { step: true, text: true }, orderBy: { upToSeq: 'asc' } })).toEqual([
          { step: 1, text: 'up to one' },
          { step: 2, text: 'anew' },
        ]);
        await world.deps.db.summaryStep.deleteMany();
      }
    });

    test('is deleted from the message on that is edited, deleted, hidden or shown again', async () => {
      await using world = await createTestWorld(kind);
      const of =
        (operation: 'messages.edit' | 'messages.delete' | 'messages.hideFromAi', id: string) =>
        (fn: Parameters<typeof world.access.runOfMessage>[3]) =>
          world.access.runOfMessage(world.owner.actor, id, operation, fn);
      const left = async () => (await world.deps.db.summaryStep.findMany({ orderBy: { upToSeq: 'asc' } })).map(({ text }) => text);
      const first = await summarised(world);
      await of('messages.edit', first.three.id)((message) => editMessage(world.deps, message, { content: 'other' }));
      expect(await left()).toEqual(['up to one', 'up to two']);
      await of('messages.hideFromAi', first.two.id)((message) => hideFromAi(world.deps, message, { on: true }));
      expect(await left()).toEqual(['up to one']);
      await store(world, first.of, first.three.seq, 'without two');
      await of('messages.hideFromAi', first.two.id)((message) => hideFromAi(world.deps, message, { on: false }));
      expect(await left()).toEqual(['up to one']);
      await of('messages.delete', first.one.id)((message) => deleteMessage(world.deps, message));
      expect(await left()).toEqual([]);
    });

    test('is of one character and one stay in the room: who left and came back does not know it', async () => {
      await using world = await createTestWorld(kind);
      const { of } = await summarised(world);
      const again = { ...of, character: { ...of.character, joinedSeq: of.character.joinedSeq + 1 } };
      expect(await textOf(world, again)).toBeNull();
      expect(await textOf(world, { ...of, character: { ...of.character, id: world.owner.user.id } })).toBeNull();
    });

    test('of an answer that is written again is none of what came after it', async () => {
      await using world = await createTestWorld(kind);
      const { of, two, three } = await summarised(world);
      expect(await textOf(world, { ...of, message: { seq: three.seq } })).toBe('up to two');
      expect(await textOf(world, { ...of, message: { seq: two.seq } })).toBe('up to one');
    });

    test('goes with the character that leaves the room, also one that is being written then', async () => {
      await using world = await createTestWorld(kind);
      const { of, three } = await summarised(world);
      const claim = (await begun(world, of))!;
      const { summary, basis } = await loadRoomSummary(world.deps, of);
      await world.access.run(world.owner.actor, of.roomId, 'rooms.removeCharacter', (room) =>
        removeCharacter(world.deps, room, of.character.id),
      );
      expect(await world.deps.db.summaryStep.count()).toBe(0);
      const next = { joinedSeq: of.character.joinedSeq, before: summary, basis, firstSeq: 1, upToSeq: three.seq + 1, text: 'too late' };
      expect(await summaryJobs.end(world.deps, claim, { usage: null, next })).toBe(true);
      expect(await world.deps.db.summaryStep.count()).toBe(0);
    });

    test('goes from the message on whose author removed their name', async () => {
      await using world = await createTestWorld(kind);
      const of = await reader(world);
      const ben = await world.registerMember('ben');
      for (const [who, content] of [
        [world.owner, 'one'],
        [ben, 'two'],
        [world.owner, 'three'],
      ] as const) {
        const { message } = await send(world, who, content);
        await store(world, of, message.seq, `up to ${content}`);
      }
      await forgetAuthor(world.deps, ben.actor, 'Somebody');
      expect((await world.deps.db.summaryStep.findMany()).map(({ text }) => text)).toEqual(['up to one']);
    });

    test('is not stored over what was changed while it was written', async () => {
      await using world = await createTestWorld(kind);
      const { of, one, three, text } = await summarised(world);
      const claim = (await begun(world, of))!;
      const { summary, basis } = await loadRoomSummary(world.deps, of);
      await world.access.runOfMessage(world.owner.actor, one.id, 'messages.delete', (message) => deleteMessage(world.deps, message));
      const next = { joinedSeq: of.character.joinedSeq, before: summary, basis, firstSeq: 1, upToSeq: three.seq + 1, text: 'too late' };
      await summaryJobs.end(world.deps, claim, { usage: null, next });
      expect(await text()).toBeNull();
    });

    test('however many want it at once, one job makes it, and another after that', async () => {
      await using world = await createTestWorld(kind);
      const of = await reader(world);
      const wants = () => Promise.all(Array.from({ length: 8 }, () => wantSummary(world.deps, of, { askedBy: world.owner.user.id })));
      const jobs = () => world.deps.db.job.findMany({ where: { kind: 'room_summary' }, orderBy: { createdAt: 'asc' } });
      await wants();
      expect(await jobs()).toMatchObject([{ state: 'queued', roomId: world.room.id, characterId: of.character.id }]);
      const claims = await Promise.all([0, 1, 2].map(() => summaryJobs.sweep(world.deps, worker)));
      const [claim] = claims.filter((claim) => claim !== null);
      expect(claims.filter((claim) => claim !== null)).toHaveLength(1);
      await wants();
      expect(await jobs()).toMatchObject([{ state: 'streaming' }]);
      await summaryJobs.end(world.deps, claim!, { usage: null, next: null });
      await wants();
      expect(await jobs()).toMatchObject([{ state: 'done' }, { state: 'queued' }]);
    });

    test('a job whose worker died is taken over, and what the dead one still writes counts for nothing', async () => {
      await using world = await createTestWorld(kind);
      const of = await reader(world);
      const { message } = await send(world, world.owner, 'said');
      const dead = (await begun(world, of, dyingWorker))!;
      const claim = (await summaryJobs.sweep(world.deps, worker))!;
      expect(claim).toMatchObject({ id: dead.id, attempt: 2, headSeq: message.seq });
      const { summary, basis } = await loadRoomSummary(world.deps, of);
      const next = (text: string) => ({
        joinedSeq: of.character.joinedSeq,
        before: summary,
        basis,
        firstSeq: 1,
        upToSeq: message.seq,
        text,
      });
      expect(await summaryJobs.end(world.deps, dead, { usage: null, next: next('the dead one’s') })).toBeNull();
      expect(await textOf(world, of)).toBeNull();
      await summaryJobs.end(world.deps, claim, { usage: null, next: next('the living one’s') });
      expect(await textOf(world, of)).toBe('the living one’s');
    });

    test('costs the room, the character, the server and its own budget, and no person', async () => {
      await using world = await createTestWorld(kind);
      const { deps, owner } = world;
      const of = await reader(world);
      const counted = async () =>
        (await deps.db.usageCounter.findMany({ where: { span: 'day' }, orderBy: { scope: 'asc' } })).map(
          ({ scope, tokens }) => `${scope} ${tokens}`,
        );
      const limits = { ...limitedTo({ person: { dayTokens: 1 } }), summaryDayTokens: 1_000 };
      const claim = (await begun(world, of))!;
      expect(await summaryJobs.reserve(deps, claim, { tokens: 900, cost: 0 }, limits)).toEqual({ kind: 'reserved' });
      expect(await counted()).toEqual(['character 900', 'instance 900', 'room 900', 'summaries 900']);
      const usage = { inputTokens: 300, outputTokens: 11 };
      await summaryJobs.end(deps, claim, { usage, spent: { model: 'test:model', cost: 5, priced: true }, next: null });
      expect(await counted()).toEqual(['character 311', 'instance 311', 'room 311', 'summaries 311']);
      const refused = { kind: 'refused', cap: expect.objectContaining({ scope: 'summaries', limit: 1_000, used: 311 }) };
      expect(await summaryJobs.reserve(deps, (await begun(world, of))!, { tokens: 690, cost: 0 }, limits)).toEqual(refused);
      expect(await deps.db.aiUsage.count()).toBe(0);
      const input = { days: 1, budgets: limits };
      expect((await loadOwnUsage(deps, owner.actor, input)).total).toMatchObject({ calls: 0 });
      await world.access.run(owner.actor, of.roomId, 'usage.room', async (room) => {
        expect((await loadRoomUsage(deps, room, input)).total).toMatchObject({ calls: 1, inputTokens: 300, outputTokens: 11, cost: 5 });
      });
      expect((await loadInstanceUsage(deps, owner.actor, input)).total).toMatchObject({ calls: 1 });
    });

    test('what a worker of an earlier version had begun is ended', async () => {
      await using world = await createTestWorld(kind);
      const of = await reader(world);
      await wantSummary(world.deps, of, { askedBy: world.owner.user.id });
      await world.deps.db.job.updateMany({
        where: { kind: 'room_summary' },
        data: { kind: 'room_memory', state: 'streaming', leaseUntil: new Date(0) },
      });
      const claim = (await earlierMemoryJobs.sweep(world.deps, worker))!;
      expect(await earlierMemoryJobs.end(world.deps, claim, { usage: null, next: null })).toBe(true);
    });
  });

  describe('the tokens of a day', () => {
    test('are refused once they are used up, until midnight, to whom they were counted, and never without a limit', async () => {
      await using world = await createTestWorld(kind);
      const { deps, owner } = world;
      await checkAiBudget(deps, { userId: owner.user.id }, tokensADay(1));
      await replyJobs.end(deps, await claimed(world), complete);
      await checkAiBudget(deps, { userId: owner.user.id }, tokensADay(112));
      const refusal = await checkAiBudget(deps, { userId: owner.user.id }, tokensADay(111)).catch((error: unknown) => error);
      expect(refusal).toMatchObject({ code: 'AI_BUDGET_EXCEEDED', details: { retryAfterMs: expect.any(Number) } });
      const { retryAfterMs } = (refusal as { details: { retryAfterMs: number } }).details;
      expect(retryAfterMs).toBeGreaterThan(0);
      expect(retryAfterMs).toBeLessThanOrEqual(86_400_000);
      await checkAiBudget(deps, { userId: owner.user.id }, tokensADay(0));
      await checkAiBudget(deps, { userId: (await world.register('ben')).user.id }, tokensADay(1));
      await deps.db.$executeRaw`update ai_usage set day = day - 1`;
      await deps.db.$executeRaw`update usage_counters set day = day - 1 where span = 'day'`;
      await checkAiBudget(deps, { userId: owner.user.id }, tokensADay(1));
    });
  });
}
