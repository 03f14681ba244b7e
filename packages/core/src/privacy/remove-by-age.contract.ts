import { describe, expect, test } from 'vitest';
import { loadChanges } from '../sync/load-changes.js';
import { sharedWorld } from '../testing/shared-world.js';
import { createRoom } from '../rooms/create-room.js';
import { saveNote } from '../notes/save-note.js';
import { eventsOn, head, send } from '../messages/testing-messages.js';
import { searchMessages } from '../messages/search-messages.js';
import { firstId } from '../protocol/sweep-step.js';
import type { TestUser, TestWorld } from '../testing/index.js';
import { removeMessagesByAge, removePrivateRepliesByAge, type RetentionRule } from './remove-by-age.js';

/** A room whose messages were said so many days ago, in this order. */
export async function oldRoom(world: TestWorld, by: TestUser, messages: readonly [text: string, daysAgo: number][]) {
  const room = await createRoom(world.deps, by.actor, { name: 'Old talk', topic: '', visibility: 'private' });
  const sent = [];
  await world.deps.db.$executeRaw`update messages set created_at = now() - interval '300 days' where room_id = ${room.id}::uuid`;
  for (const [text, daysAgo] of messages) {
    const { message } = await send(world, by, text, {}, room.id);
    await world.deps.db.$executeRaw`
      update messages set created_at = now() - ${daysAgo}::int * interval '1 day' where id = ${message.id}::uuid`;
    sent.push(message);
  }
  return { room, sent };
}

/** Sweeps until the end, as the worker does. @returns how many rows went */
export async function sweepByAge(world: TestWorld, rule: RetentionRule): Promise<number> {
  let total = 0;
  for (const step of [removeMessagesByAge, removePrivateRepliesByAge]) {
    for (let after: string | null = null, steps = 0; ; steps++) {
      const { deleted, next } = await step(world.deps, rule, after);
      total += deleted;
      if (next === null) break;
      if (steps > 100) throw new Error('the sweep does not end');
      after = next;
    }
  }
  return total;
}

export function removeByAgeSuite(kind: 'pglite' | 'postgres'): void {
  describe('removal by age', () => {
    const world = sharedWorld(kind);
    const contents = (roomId: string) =>
      world()
        .deps.db.message.findMany({ where: { roomId, kind: 'text' }, orderBy: { seq: 'asc' } })
        .then((rows) => rows.map(({ content, deletedAt }) => (deletedAt ? null : content)));

    test('blanks what is older than the room keeps it, tells the room, and leaves the rest', async () => {
      const { deps, owner } = world();
      const { room, sent } = await oldRoom(world(), owner, [
        ['long ago', 40],
        ['last month', 31],
        ['this month', 3],
      ]);
      await world().access.run(owner.actor, room.id, 'notes.save', (target) =>
        saveNote(deps, target, { text: 'last month', messageId: sent[1]!.id }),
      );
      await deps.db.$executeRaw`update rooms set retention_days = 30 where id = ${room.id}::uuid`;
      const before = await head(world(), room.id);
      world().bus.clear();

      // Two messages and the note that was taken from one of them.
      expect(await sweepByAge(world(), { days: null })).toBe(3);

      expect(await contents(room.id)).toEqual([null, null, 'this month']);
      const told = eventsOn(world(), room.id);
      expect(told.map((event) => ('type' in event ? event.type : 'large'))).toEqual(['message', 'message', 'room']);
      expect(told.at(-1)).toMatchObject({ room: { retentionDays: 30, historyFromSeq: sent[1]!.seq, notes: { count: 0 } } });
      expect((await loadChanges(deps, room.id, before.rev, 10)).events).toEqual(told);
      expect(await head(world(), room.id)).toEqual({ seq: before.seq, rev: before.rev + 3 });
      const found = await searchMessages(deps, owner.actor, { query: 'month', roomId: room.id, limit: 10 });
      expect(JSON.stringify(found)).not.toContain('last month');
      expect(JSON.stringify(found)).toContain('this month');
      const [entry] = await deps.db.$queryRaw<{ subject: string; detail: object }[]>`
        select subject_name as subject, detail from audit_log where event = 'retention.removed' and room_id = ${room.id}::uuid`;
      expect(entry).toEqual({ subject: 'Old talk', detail: { days: 30, messages: 2, notes: 1 } });
      // Nothing is left to do, and a sweep that has nothing to do takes no rev.
      expect(await sweepByAge(world(), { days: null })).toBe(0);
      expect(await head(world(), room.id)).toEqual({ seq: before.seq, rev: before.rev + 3 });
    });

    test('the instance’s days hold in every room, and a room may only keep less', async () => {
      const { deps, owner } = world();
      const { room } = await oldRoom(world(), owner, [
        ['long ago', 40],
        ['two weeks ago', 15],
      ]);
      await deps.db.$executeRaw`update rooms set retention_days = 100 where id = ${room.id}::uuid`;
      expect(await sweepByAge(world(), { days: 20 })).toBe(1);
      expect(await contents(room.id)).toEqual([null, 'two weeks ago']);
      expect(await sweepByAge(world(), { days: null })).toBe(0);
      await deps.db.$executeRaw`update rooms set retention_days = null where id = ${room.id}::uuid`;
    });

    test('goes through more messages than one step looks at, and through sweeps at the same moment', async () => {
      const { deps, owner } = world();
      const { room } = await oldRoom(world(), owner, [['first', 50]]);
      await deps.db.$executeRaw`
        insert into messages (id, room_id, seq, rev, kind, author_type, author_id, author_name, author_handle, author_avatar, content, created_at)
        select gen_random_uuid(), m.room_id, m.seq + n, m.rev + n, 'text', 'user', m.author_id, 'Tess', 'tess', '{"hue": 1, "glyph": null}', 'more ' || n,
          now() - interval '49 days'
        from messages m cross join generate_series(1, 250) n
        where m.room_id = ${room.id}::uuid and m.content = 'first'`;
      await deps.db.$executeRaw`
        update room_counters set last_seq = last_seq + 250, last_rev = last_rev + 250 where room_id = ${room.id}::uuid`;
      await deps.db.$executeRaw`update rooms set retention_days = 30 where id = ${room.id}::uuid`;
      const [one, other] = await Promise.all([sweepByAge(world(), { days: null }), sweepByAge(world(), { days: null })]);
      const rest = await sweepByAge(world(), { days: null });
      expect(one + other + rest).toBe(251);
      expect((await contents(room.id)).every((text) => text === null)).toBe(true);
      const revs = await deps.db.message.groupBy({ by: ['rev'], where: { roomId: room.id } });
      expect(revs).toHaveLength(await deps.db.message.count({ where: { roomId: room.id } }));
    });

    test('leaves what a legal hold keeps, and takes it once the hold is lifted', async () => {
      const { deps, owner } = world();
      const ben = await world().register('ben-held');
      const { room } = await oldRoom(world(), owner, [['mine', 40]]);
      const { room: bens } = await oldRoom(world(), ben, [['of ben', 40]]);
      await deps.db.$executeRaw`update rooms set retention_days = 30 where id in (${room.id}::uuid, ${bens.id}::uuid)`;
      await deps.db.$executeRaw`
        insert into legal_holds (id, kind, subject_id, reason) values
          (gen_random_uuid(), 'room', ${room.id}::uuid, 'a case'), (gen_random_uuid(), 'person', ${ben.user.id}::uuid, 'a case')`;
      expect(await sweepByAge(world(), { days: null })).toBe(0);
      expect([await contents(room.id), await contents(bens.id)]).toEqual([['mine'], ['of ben']]);
      await deps.db.$executeRaw`update legal_holds set lifted_at = now()`;
      await deps.db.$executeRaw`update rooms set swept_seq = 0 where id = ${bens.id}::uuid`;
      expect(await sweepByAge(world(), { days: null })).toBe(2);
      expect([await contents(room.id), await contents(bens.id)]).toEqual([[null], [null]]);
    });

    test('private replies go by the age of their room’s messages, and their asker’s pages are told', async () => {
      const { deps, owner } = world();
      const { room } = await oldRoom(world(), owner, [['now', 0]]);
      await deps.db.$executeRaw`update rooms set retention_days = 30 where id = ${room.id}::uuid`;
      const reply = (text: string, daysAgo: number) => deps.db.$executeRaw`
        insert into private_replies (id, user_id, room_id, content, status, created_at)
        values (gen_random_uuid(), ${owner.user.id}::uuid, ${room.id}::uuid, ${text}, 'complete', now() - ${daysAgo}::int * interval '1 day')`;
      await reply('old', 40);
      await reply('new', 4);
      world().bus.clear();
      expect(await sweepByAge(world(), { days: null })).toBe(1);
      expect(await deps.db.privateReply.findMany({ where: { roomId: room.id } })).toMatchObject([{ content: 'new' }]);
      expect(JSON.stringify(world().bus.published)).toContain('privateReplyDismissed');
      expect(await removeMessagesByAge(deps, { days: null }, firstId)).toEqual({ deleted: 0, next: null });
    });
  });
}
