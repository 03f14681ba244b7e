import { QuietLog } from '@parley/core/quiet-log';
import { logout } from '@parley/core/sessions/logout';
import { createTestWorld, type TestWorld } from '@parley/core/testing';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { SpentRows } from './spent-rows.js';

describe('SpentRows', () => {
  let world: TestWorld;
  beforeAll(async () => {
    world = await createTestWorld();
  });
  afterAll(() => world?.[Symbol.asyncDispose]());

  const spentRows = (everyMs?: number) =>
    new SpentRows(
      { ...world.deps, quietLog: new QuietLog(world.deps.log), settings: { get: () => 365 as never } },
      everyMs === undefined ? {} : { everyMs },
    );
  /** A session that ended long ago, and a private reply's job that finished then. */
  const leaveBehind = async (username: string) => {
    const { db } = world.deps;
    const person = await world.register(username);
    await logout(world.deps, person.actor, { everywhere: false });
    await db.$executeRaw`update sessions set revoked_at = now() - interval '2 days' where user_id = ${person.user.id}::uuid`;
    await db.$executeRaw`
      insert into jobs (id, kind, room_id, character_id, asked_by, request, state, finished_at)
      select gen_random_uuid(), kind, ${world.room.id}::uuid, gen_random_uuid(), ${person.user.id}::uuid, '{}', 'done', now() - interval '2 days'
      from unnest(array['private_reply', 'room_memory', 'reply']) kind`;
    return () => db.session.count({ where: { userId: person.user.id } });
  };

  it('takes away what is spent of every table, and keeps the job of a reply that may be written again', async () => {
    const sessions = await leaveBehind('ann');
    // A session and its token, and two of three jobs.
    expect(await spentRows().sweep()).toBe(4);
    expect(await sessions()).toBe(0);
    expect((await world.deps.db.job.findMany()).map(({ kind }) => kind)).toEqual(['reply']);
    expect(await spentRows().sweep()).toBe(0);
  });

  it('looks again and again until it is stopped', async () => {
    const rows = spentRows(5);
    rows.start();
    for (const name of ['bob', 'cy']) {
      const sessions = await leaveBehind(name);
      await expect.poll(sessions).toBe(0);
    }
    await rows.stop();
  });

  it('says that a table could not be swept, and sweeps the others', async () => {
    const sessions = await leaveBehind('dee');
    const broken = vi.spyOn(world.deps.db, '$executeRaw').mockRejectedValueOnce(new Error('away'));
    expect(await spentRows().sweep()).toBe(2);
    expect(world.logged.at(-1)).toMatchObject({ level: 'warn', message: 'spent rows could not be deleted; the next sweep tries again' });
    broken.mockRestore();
    expect(await sessions()).toBe(1);
    expect(await spentRows().sweep()).toBe(2);
  });

  it('goes to no other table once it is stopped', async () => {
    const sessions = await leaveBehind('eve');
    const rows = spentRows();
    const sweeping = rows.sweep();
    await rows.stop();
    // The step that was under way is finished.
    expect(await sweeping).toBe(2);
    expect(await sessions()).toBe(0);
    expect(await spentRows().sweep()).toBe(2);
  });
});
