import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { sharedWorld } from '../testing/shared-world.js';
import { claimCall, type CallToClaim } from './claim-call.js';
import { deleteSpentAnswers } from './delete-spent-answers.js';
import { settleCall } from './settle-call.js';

export function keptAnswersSuite(kind: 'pglite' | 'postgres'): void {
  describe(`kept answers (${kind})`, () => {
    const world = sharedWorld(kind);
    const call = (more: Partial<CallToClaim> = {}): CallToClaim => ({
      id: randomUUID(),
      requestHex: 'ab'.repeat(32),
      claimId: randomUUID(),
      mayRepeat: false,
      ...more,
    });
    const claim = (wanted: CallToClaim) => claimCall(world().deps, wanted);
    const again = (first: CallToClaim, more: Partial<CallToClaim> = {}) => claim({ ...first, claimId: randomUUID(), ...more });
    const answer = Uint8Array.from([1, 2, 3]);
    /** Moves the clock by making the row older. */
    const pass = (id: string, interval: string) =>
      world().deps.db.$executeRaw`update kept_answers set claimed_at = claimed_at - ${interval}::interval where id = ${id}::uuid`;

    it('one of many at once does the call; later ones get its answer, and no other request does', async () => {
      const first = call();
      const claims = Array.from({ length: 20 }, () => ({ ...first, claimId: randomUUID() }));
      const kinds = await Promise.all(claims.map(async (each) => ({ each, ...(await claim(each)) })));
      const [begun, ...others] = kinds.filter((each) => each.kind === 'begun');
      expect(others).toEqual([]);
      expect(kinds.filter((each) => each.kind === 'underWay')).toHaveLength(19);
      await settleCall(world().deps, begun!.each, { kind: 'done', status: 201, answer });
      const kept = await again(first);
      expect(kept).toMatchObject({ kind: 'kept', status: 201 });
      expect([...(kept as { answer: Uint8Array }).answer]).toEqual([1, 2, 3]);
      expect(await again(first, { requestHex: 'cd'.repeat(32) })).toEqual({ kind: 'otherRequest' });
    });

    it('a call that changed nothing may be done again, one that may have changed something may not', async () => {
      const undone = call();
      await claim(undone);
      await settleCall(world().deps, undone, { kind: 'undone' });
      expect(await again(undone)).toEqual({ kind: 'begun' });
      const unknown = call({ mayRepeat: true });
      await claim(unknown);
      await settleCall(world().deps, unknown, { kind: 'unknown' });
      expect(await again(unknown)).toEqual({ kind: 'unknown' });
    });

    it('a call whose process died is done again only where that does no harm, and the dead one writes nothing then', async () => {
      const once = call();
      await claim(once);
      await pass(once.id, '2 minutes');
      expect(await again(once)).toEqual({ kind: 'unknown' });
      const harmless = call({ mayRepeat: true });
      await claim(harmless);
      expect(await again(harmless)).toEqual({ kind: 'underWay' });
      await pass(harmless.id, '2 minutes');
      expect(await again(harmless, { requestHex: 'cd'.repeat(32) })).toEqual({ kind: 'otherRequest' });
      expect(await again(harmless)).toEqual({ kind: 'begun' });
      for (const end of [{ kind: 'undone' }, { kind: 'done', status: 200, answer }] as const) await settleCall(world().deps, harmless, end);
      expect(await again(harmless)).toEqual({ kind: 'underWay' });
    });

    it('after a day the key is free, and the sweep deletes what was kept', async () => {
      const [spent, fresh, taken] = [call(), call(), call()];
      for (const each of [spent, fresh, taken]) {
        await claim(each);
        await settleCall(world().deps, each, { kind: 'done', status: 200, answer });
      }
      for (const { id } of [spent, taken]) await pass(id, '25 hours');
      expect(await again(taken, { requestHex: 'cd'.repeat(32) })).toEqual({ kind: 'begun' });
      let deleted = 0;
      let after: string | null = null;
      do {
        const step: Awaited<ReturnType<typeof deleteSpentAnswers>> = await deleteSpentAnswers(world().deps, after);
        deleted += step.deleted;
        after = step.next;
      } while (after !== null);
      expect(deleted).toBe(1);
      expect(await again(fresh)).toMatchObject({ kind: 'kept' });
      expect(await again(spent)).toEqual({ kind: 'begun' });
    });
  });
}
