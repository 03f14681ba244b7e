import { describe, expect, test } from 'vitest';
import { deleteMessage } from '../messages/delete-message.js';
import { send } from '../messages/testing-messages.js';
import { createTestWorld, tokensADay, type TestWorld } from '../testing/index.js';
import { checkAiBudget } from '../jobs/ai-budget.js';
import { beginRoomMemory, roomMemoryJobs } from './room-memory-sink.js';
import { loadRoomSummary, type SummaryBasis } from './room-summary.js';
import type { ReplyTask } from '../jobs/claimed-reply.js';
import { claimed, complete, worker } from '../replies/testing-replies.js';
import { replyJobs } from '../replies/reply-sink.js';

/** Begins and ends the job of a summary. */
async function store(world: TestWorld, claim: ReplyTask, summary: { upToSeq: number; basis: SummaryBasis; text: string }): Promise<void> {
  const fence = await beginRoomMemory(world.deps, claim, worker);
  await roomMemoryJobs.end(world.deps, fence, { usage: null, summary: { fromSeq: claim.character.joinedSeq, ...summary } });
}

/** Makes a summary of everything up to now, for a character that waits to answer. */
async function summarised(world: TestWorld) {
  const old = await send(world, world.owner, 'old');
  const claim = await claimed(world);
  const { basis } = await loadRoomSummary(world.deps, claim);
  await store(world, claim, { upToSeq: old.message.seq, basis, text: 'They said old things.' });
  const text = async () => (await loadRoomSummary(world.deps, claim)).summary?.text ?? null;
  return { old: old.message, claim, text };
}

/** Changes a message with the room's next rev, as a later write would. */
async function change(world: TestWorld, id: string, data: object): Promise<void> {
  const { lastRev } = await world.deps.db.roomCounter.update({ where: { roomId: world.room.id }, data: { lastRev: { increment: 1 } } });
  await world.deps.db.message.update({ where: { id }, data: { ...data, rev: lastRev } });
}

export function roomSummarySuite(kind: 'pglite' | 'postgres'): void {
  describe('a room’s summary', () => {
    test('is none at first, then what was kept, whatever is said, pinned or reacted to later', async () => {
      await using world = await createTestWorld(kind);
      const fresh = await claimed(world);
      expect((await loadRoomSummary(world.deps, fresh)).summary).toBeNull();
      const { old, text } = await summarised(world);
      await send(world, world.owner, 'new');
      await change(world, old.id, { pinnedAt: new Date() });
      expect(await text()).toBe('They said old things.');
    });

    test('means nothing once a source was edited, deleted, is written again or lost its author', async () => {
      await using world = await createTestWorld(kind);
      const changes = [{ editedAt: new Date() }, { deletedAt: new Date() }, { status: 'queued', kind: 'reply' }, { authorHandle: '' }];
      for (const data of changes) {
        const { old, text } = await summarised(world);
        expect(await text()).not.toBeNull();
        await change(world, old.id, data);
        expect(await text()).toBeNull();
      }
    });

    test('goes with a message it was made from that is deleted', async () => {
      await using world = await createTestWorld(kind);
      const { claim } = await summarised(world);
      const { message } = await send(world, world.owner, 'new');
      const kept = () => world.deps.db.roomSummary.count({ where: { roomId: claim.roomId } });
      await world.access.runOfMessage(world.owner.actor, message.id, 'messages.delete', (message) => deleteMessage(world.deps, message));
      expect(await kept()).toBe(1);
      const old = await world.deps.db.message.findFirstOrThrow({ where: { roomId: claim.roomId, content: 'old' } });
      await world.access.runOfMessage(world.owner.actor, old.id, 'messages.delete', (message) => deleteMessage(world.deps, message));
      expect(await kept()).toBe(0);
    });

    test('is kept when an edited message is none of its sources', async () => {
      await using world = await createTestWorld(kind);
      const { text } = await summarised(world);
      const { message } = await send(world, world.owner, 'new');
      await change(world, message.id, { editedAt: new Date() });
      expect(await text()).toBe('They said old things.');
    });

    test('is of one character and one stay in the room: who left and came back does not know it', async () => {
      await using world = await createTestWorld(kind);
      const { claim } = await summarised(world);
      const again = { ...claim, character: { ...claim.character, joinedSeq: claim.character.joinedSeq + 1 } };
      expect((await loadRoomSummary(world.deps, again)).summary).toBeNull();
      const other = { ...claim, character: { ...claim.character, id: world.owner.user.id } };
      expect((await loadRoomSummary(world.deps, other)).summary).toBeNull();
    });

    test('of two made at once, the newer state’s stays', async () => {
      await using world = await createTestWorld(kind);
      const { claim, text } = await summarised(world);
      const before = await loadRoomSummary(world.deps, claim);
      await send(world, world.owner, 'meanwhile');
      const after = await loadRoomSummary(world.deps, claim);
      await store(world, claim, { upToSeq: 3, basis: after.basis, text: 'newer' });
      await store(world, claim, { upToSeq: 2, basis: before.basis, text: 'older' });
      expect(await text()).toBe('newer');
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
      await roomMemoryJobs.end(deps, await beginRoomMemory(deps, await claimed(world), worker), {
        usage: { inputTokens: 10, outputTokens: 1 },
        summary: null,
      });
      await checkAiBudget(deps, { userId: owner.user.id }, tokensADay(123));
      await expect(checkAiBudget(deps, { userId: owner.user.id }, tokensADay(122))).rejects.toMatchObject({ code: 'AI_BUDGET_EXCEEDED' });
      await deps.db.$executeRaw`update ai_usage set day = day - 1`;
      await deps.db.$executeRaw`update usage_counters set day = day - 1 where span = 'day'`;
      await checkAiBudget(deps, { userId: owner.user.id }, tokensADay(1));
    });
  });
}
