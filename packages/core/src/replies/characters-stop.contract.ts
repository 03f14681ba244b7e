import { maxCallsPerMessage, systemFactSchema, systemText } from '@parley/contracts';
import { describe, expect, test } from 'vitest';
import { send } from '../messages/testing-messages.js';
import { createTestWorld, placeCharacter, type TestWorld } from '../testing/index.js';
import { ambientJobs } from './ambient-sink.js';
import { callsFromReply } from './calls-from-reply.js';
import { failUnserved } from './fail-unserved.js';
import { regenerateReply } from './regenerate-reply.js';
import { replyJobs } from './reply-sink.js';
import { complete, worker } from './testing-replies.js';

const handles = Array.from({ length: 10 }, (_, n) => `talker-${n}`);

/** Each names all others. */
const content = `What do you say, ${handles.map((handle) => `@${handle}`).join(' ')}?`;

/** Does all that waits, as eager workers do: every character that may speak does, and every answer names everyone. @returns how many answers */
async function settle(world: TestWorld, maxDepth: number): Promise<number> {
  let answers = 0;
  for (;;) {
    const asked = await ambientJobs.sweep(world.deps, worker);
    if (asked) {
      await ambientJobs.end(world.deps, asked, { speaks: true, usage: null });
      continue;
    }
    const claim = await replyJobs.sweep(world.deps, worker);
    if (!claim) return answers;
    answers++;
    expect(answers).toBeLessThanOrEqual(10 * maxCallsPerMessage);
    await replyJobs.end(world.deps, claim, { ...complete, content, calls: await callsFromReply(claim, content, { maxDepth }) });
  }
}

/** Moves everything that the database knows into the past. */
async function passHours({ deps: { db } }: TestWorld, hours: number): Promise<void> {
  await db.$executeRaw`
    update jobs set created_at = created_at - ${hours}::int * interval '1 hour', available_at = available_at - ${hours}::int * interval '1 hour',
      lease_until = lease_until - ${hours}::int * interval '1 hour', finished_at = finished_at - ${hours}::int * interval '1 hour', claimed_at = claimed_at - ${hours}::int * interval '1 hour'`;
  await db.$executeRaw`update messages set created_at = created_at - ${hours}::int * interval '1 hour'`;
}

async function linesOf({ deps: { db }, room }: TestWorld) {
  const lines = await db.message.findMany({ where: { roomId: room.id, kind: 'system' }, orderBy: { seq: 'asc' } });
  return lines.filter(({ system }) => (system as { type?: string } | null)?.type === 'charactersStopped');
}

export function charactersStopSuite(kind: 'pglite' | 'postgres'): void {
  describe('ten characters that talk to each other', () => {
    test.each([
      ['always', 2],
      ['always', 100],
      ['turn', 100],
      ['ambient', 100],
    ] as const)(
      'that answer so: %s, to a depth of %i, stop by themselves, and say why once, also a day later',
      async (autoReply, maxDepth) => {
        await using world = await createTestWorld(kind);
        for (const handle of handles) await placeCharacter(world.deps, world.room.id, { handle, autoReply });
        await send(world, world.owner, 'Talker-0, talker-1 and talker-2, talk to each other.');
        const answers = await settle(world, maxDepth);
        expect(answers).toBeGreaterThan(1);
        expect(answers).toBeLessThanOrEqual(maxCallsPerMessage);
        const [line, ...more] = await linesOf(world);
        expect(more).toEqual([]);
        expect(line?.content).toBe(systemText(systemFactSchema.parse(line?.system)));

        const { lastRev } = await world.deps.db.roomCounter.findUniqueOrThrow({ where: { roomId: world.room.id } });
        for (let hour = 0; hour < 24; hour += 6) {
          await passHours(world, 6);
          await failUnserved(world.deps, { claimant: worker, waitMs: 60_000 });
          expect(await settle(world, maxDepth)).toBe(0);
        }
        expect((await world.deps.db.roomCounter.findUniqueOrThrow({ where: { roomId: world.room.id } })).lastRev).toBe(lastRev);

        // What a person says goes on, and has its own.
        await send(world, world.owner, '@talker-3 go on.');
        const next = await settle(world, maxDepth);
        expect(next).toBeGreaterThan(0);
        expect(next).toBeLessThanOrEqual(maxCallsPerMessage);
        expect(await linesOf(world)).toHaveLength(2);
      },
    );

    test('say nothing of it where they do not answer each other, name nobody, or are written again', async () => {
      await using world = await createTestWorld(kind);
      for (const handle of handles.slice(0, 2)) await placeCharacter(world.deps, world.room.id, { handle });
      const { replies } = await send(world, world.owner, '@talker-0 hello.');
      expect(await settle(world, 0)).toBe(1);
      expect(await linesOf(world)).toEqual([]);
      const again = () =>
        world.access.runOfMessage(world.owner.actor, replies[0]!.id, 'replies.regenerate', (reply) => regenerateReply(world.deps, reply));
      await again();
      await settle(world, 1);
      expect(await linesOf(world)).toHaveLength(1);
      await again();
      await settle(world, 1);
      expect(await linesOf(world)).toHaveLength(1);
    });
  });
}
