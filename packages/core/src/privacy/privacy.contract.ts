import { AppError } from '@parley/contracts';
import { describe, expect, test } from 'vitest';
import { deleteMessage } from '../messages/delete-message.js';
import { edit } from '../messages/testing-changes.js';
import { send } from '../messages/testing-messages.js';
import { removeNote } from '../notes/remove-note.js';
import { saveNote } from '../notes/save-note.js';
import { login } from '../sessions/login.js';
import { sharedWorld } from '../testing/shared-world.js';
import type { TestUser, TestWorld } from '../testing/index.js';
import { exportHeld } from './export-held.js';
import { liftHold, listHolds, placeHold } from './holds.js';
import { oldRoom, sweepByAge } from './remove-by-age.contract.js';
import { goOnWithRemovals, removeOwnAccount, removePerson } from './remove-person.js';
import { listRemovals } from '../accounts/removals.js';
import { deleteUnheldCopies } from './sweep-holds.js';

interface Copy {
  type: string;
  table?: string;
  row?: Record<string, unknown>;
}

/** What a hold has set aside, as its file says it. */
async function held(world: TestWorld, holdId: string): Promise<Copy[]> {
  let file = '';
  for await (const chunk of exportHeld(world.deps, world.owner.actor, holdId)) file += chunk;
  const lines = file
    .trimEnd()
    .split('\n')
    .map((text) => JSON.parse(text) as Copy);
  expect([lines[0]?.type, lines.at(-1)?.type]).toEqual(['hold', 'end']);
  return lines.filter(({ type }) => type === 'copy');
}

export function privacySuite(kind: 'pglite' | 'postgres'): void {
  describe(`legal holds (${kind})`, () => {
    const world = sharedWorld(kind);
    const remove = (by: TestUser, messageId: string) =>
      world().access.runOfMessage(by.actor, messageId, 'messages.delete', (message) => deleteMessage(world().deps, message));

    test('what people edit and delete disappears for them and is set aside, until the hold is lifted', async () => {
      const { deps, owner } = world();
      const ann = await world().registerMember('ann-held');
      const hold = await placeHold(deps, owner.actor, { username: 'ann-held', reason: 'Case 7' });
      expect(hold).toMatchObject({ kind: 'person', name: 'ann-held', placedBy: 'tess', liftedAt: null, copies: 0 });
      const { message: edited } = await send(world(), ann, 'first wording');
      await edit(world(), ann, edited.id, 'second wording');
      const { message: deleted } = await send(world(), ann, 'never said');
      expect((await remove(ann, deleted.id)).content).toBe('');
      const { message: others } = await send(world(), owner, 'of somebody else');
      await remove(owner, others.id);
      const note = await world().access.run(ann.actor, world().room.id, 'notes.save', (room) =>
        saveNote(deps, room, { text: 'a note of ann' }),
      );
      await world().access.run(ann.actor, world().room.id, 'notes.remove', (room) => removeNote(deps, room, { noteId: note.id }));

      const copies = await held(world(), hold.id);
      expect(copies.map(({ table, row }) => [table, row?.['content'] ?? row?.['text']])).toEqual([
        ['messages', 'first wording'],
        ['messages', 'never said'],
        ['room_notes', 'a note of ann'],
      ]);
      expect(copies[0]?.row).toMatchObject({ id: edited.id, seq: edited.seq, author_id: ann.user.id });
      expect(copies[0]?.row).not.toHaveProperty('words');
      expect(await deleteUnheldCopies(deps)).toEqual({ deleted: 0, next: null });

      const lifted = await liftHold(deps, owner.actor, { holdId: hold.id });
      expect(lifted).toMatchObject({ liftedBy: 'tess', liftedAt: expect.any(String) });
      expect(await liftHold(deps, owner.actor, { holdId: hold.id })).toEqual(lifted);
      expect((await deleteUnheldCopies(deps)).deleted).toBe(3);
      await remove(ann, edited.id);
      expect((await listHolds(deps, owner.actor)).find(({ id }) => id === hold.id)).toMatchObject({ copies: 0 });
    });

    test('a room under hold loses nothing by age, and what was due goes once it is lifted', async () => {
      const { deps, owner } = world();
      const { room } = await oldRoom(world(), owner, [
        ['long ago', 40],
        ['now', 0],
      ]);
      await deps.db.$executeRaw`update rooms set retention_days = 30 where id = ${room.id}::uuid`;
      const hold = await placeHold(deps, owner.actor, { roomId: room.id, reason: 'Case 8' });
      expect(hold).toMatchObject({ kind: 'room', name: 'Old talk' });
      expect(await sweepByAge(world(), { days: null })).toBe(0);
      await liftHold(deps, owner.actor, { holdId: hold.id });
      expect(await sweepByAge(world(), { days: null })).toBe(1);
    });

    test('what a held person wrote stays among what others wrote and is removed by age, and goes later', async () => {
      const { deps, owner } = world();
      const bea = await world().register('bea-held');
      const { room, sent } = await oldRoom(world(), owner, [
        ['one', 40],
        ['of bea', 40],
        ['three', 40],
      ]);
      await deps.db.$executeRaw`update messages set author_id = ${bea.user.id}::uuid where id = ${sent[1]!.id}::uuid`;
      await deps.db.$executeRaw`update rooms set retention_days = 30 where id = ${room.id}::uuid`;
      await deps.db.$executeRaw`
        insert into room_members (room_id, user_id, role, rev, left_rev) values (${room.id}::uuid, ${bea.user.id}::uuid, 'member', 1, 1)`;
      const hold = await placeHold(deps, owner.actor, { username: 'bea-held', reason: 'Case 9' });
      const texts = async () =>
        (await deps.db.message.findMany({ where: { roomId: room.id, kind: 'text' }, orderBy: { seq: 'asc' } })).map((m) => m.content);
      expect(await sweepByAge(world(), { days: null })).toBe(2);
      expect(await texts()).toEqual(['', 'of bea', '']);
      expect(await sweepByAge(world(), { days: null })).toBe(0);
      await liftHold(deps, owner.actor, { holdId: hold.id });
      expect(await sweepByAge(world(), { days: null })).toBe(1);
      expect(await texts()).toEqual(['', '', '']);
    });

    test('refuse a second hold in the place of one that stands, who is no admin, and what there is not', async () => {
      const { deps, owner } = world();
      const cy = await world().registerMember('cy-held');
      const hold = await placeHold(deps, owner.actor, { username: 'cy-held', reason: 'Case 10' });
      const refused = (call: Promise<unknown>, code: string) =>
        expect(
          call.then(
            () => 'done',
            (error: unknown) => (AppError.is(error) ? error.code : error),
          ),
        ).resolves.toBe(code);
      await refused(placeHold(deps, owner.actor, { username: 'cy-held', reason: 'Again' }), 'CONFLICT');
      await refused(placeHold(deps, cy.actor, { username: 'cy-held', reason: 'Mine' }), 'FORBIDDEN');
      await refused(liftHold(deps, cy.actor, { holdId: hold.id }), 'FORBIDDEN');
      await refused(placeHold(deps, owner.actor, { username: 'nobody-at-all', reason: 'Who' }), 'USER_NOT_FOUND');
      await refused(placeHold(deps, owner.actor, { roomId: owner.user.id, reason: 'Where' }), 'ROOM_NOT_FOUND');
      await refused(liftHold(deps, owner.actor, { holdId: owner.user.id }), 'NOT_FOUND');
      await liftHold(deps, owner.actor, { holdId: hold.id });
    });
  });

  describe(`the removal of a person (${kind})`, () => {
    const world = sharedWorld(kind);
    const deps = () => ({ ...world().deps, rooms: world().access });
    const lineOf = (record: { what: string; before: number; stays: number; why: string | null }[], what: string) =>
      record.find((line) => line.what === what);

    test('by an admin takes the account and, where it is wished, all that was said, and says what stays and why', async () => {
      const { owner } = world();
      const dan = await world().registerMember('dan-gone');
      const { message } = await send(world(), dan, 'said by dan');
      const removal = await removePerson(deps(), owner.actor, { username: 'dan-gone', messages: 'remove' });
      expect(removal).toMatchObject({
        userId: dan.user.id,
        username: 'dan-gone',
        askedBy: 'tess',
        messages: 'remove',
        endedAt: expect.any(String),
      });
      expect(lineOf(removal.record, 'messages')).toEqual({ what: 'messages', before: 1, stays: 0, why: null });
      expect(lineOf(removal.record, 'placesInRooms')).toMatchObject({ why: 'order' });
      expect(await world().deps.db.message.findUniqueOrThrow({ where: { id: message.id } })).toMatchObject({
        content: '',
        authorName: 'Removed account',
        authorHandle: '',
      });
      await expect(login(world().deps, { username: 'dan-gone', password: dan.password })).rejects.toMatchObject({
        code: 'INVALID_CREDENTIALS',
      });
      // It says the same again, and the log has no name.
      expect(await removePerson(deps(), owner.actor, { username: 'dan-gone', messages: 'keep' })).toEqual(removal);
      expect((await listRemovals(world().deps, owner.actor)).map(({ userId }) => userId)).toContain(dan.user.id);
      const log = await world().deps.db.$queryRaw<{ event: string; actor: string }[]>`
        select event, actor_name as actor from audit_log where subject_id = ${dan.user.id} and event like 'account.rem%' order by id`;
      expect(log).toEqual([
        { event: 'account.removalBegan', actor: 'tess' },
        { event: 'account.removed', actor: 'tess' },
      ]);
    });

    test('by themselves leaves what they said without their name, unless they wish it gone', async () => {
      const [eva, fay] = [await world().registerMember('eva-gone'), await world().registerMember('fay-gone')];
      const { message: stays } = await send(world(), eva, 'stays');
      const { message: goes } = await send(world(), fay, 'goes');
      const kept = await removeOwnAccount({ ...deps(), hasher: world().deps.hasher }, eva.actor, {
        password: eva.password,
        messages: 'keep',
      });
      expect(lineOf(kept.record, 'messages')).toEqual({ what: 'messages', before: 1, stays: 1, why: 'room' });
      expect(lineOf(kept.record, 'namesAtMessages')).toEqual({ what: 'namesAtMessages', before: 1, stays: 0, why: null });
      await removeOwnAccount({ ...deps(), hasher: world().deps.hasher }, fay.actor, { password: fay.password, messages: 'remove' });
      const content = async (id: string) => (await world().deps.db.message.findUniqueOrThrow({ where: { id } })).content;
      expect([await content(stays.id), await content(goes.id)]).toEqual(['stays', '']);
    });

    test('keeps aside for a hold what it takes, with the name', async () => {
      const { owner } = world();
      const gil = await world().registerMember('gil-gone');
      await send(world(), gil, 'said by gil');
      const hold = await placeHold(world().deps, owner.actor, { username: 'gil-gone', reason: 'Case 11' });
      const removal = await removePerson(deps(), owner.actor, { username: 'gil-gone', messages: 'remove' });
      expect(lineOf(removal.record, 'heldCopies')).toMatchObject({ why: 'hold' });
      const copies = await held(world(), hold.id);
      expect(copies.map(({ table, row }) => [table, row?.['content'] ?? row?.['username']])).toEqual(
        expect.arrayContaining([
          ['messages', 'said by gil'],
          ['users', 'gil-gone'],
        ]),
      );
      expect(JSON.stringify(copies)).not.toContain('argon2');
    });

    test('is gone on with by a worker, wherever it broke off', async () => {
      const { owner } = world();
      // Each statement of a removal fails once: the process died there.
      const counter = { left: Number.POSITIVE_INFINITY };
      const dying = new Proxy(world().deps.db, {
        get(target, name) {
          const value: unknown = Reflect.get(target, name);
          if (name !== '$queryRaw' && name !== '$executeRaw') return value;
          return (...args: unknown[]) => {
            if (counter.left-- <= 0) return Promise.reject(new Error('killed'));
            return (value as (...args: unknown[]) => unknown).apply(target, args);
          };
        },
      });
      const person = await world().registerMember('hal-gone');
      const { message } = await send(world(), person, 'said by hal');
      let died = 0;
      for (let step = 1; ; step++) {
        counter.left = step;
        const ended = await removePerson({ ...deps(), db: dying }, owner.actor, { username: 'hal-gone', messages: 'remove' }).then(
          () => true,
          () => false,
        );
        if (ended) break;
        died += 1;
        expect(died).toBeLessThan(60);
      }
      expect(died).toBeGreaterThan(5);
      expect(await world().deps.db.message.findUniqueOrThrow({ where: { id: message.id } })).toMatchObject({
        content: '',
        authorHandle: '',
      });

      const other = await world().registerMember('ida-gone');
      counter.left = 4;
      await expect(removePerson({ ...deps(), db: dying }, owner.actor, { username: 'ida-gone', messages: 'keep' })).rejects.toThrow(
        'killed',
      );
      expect(await goOnWithRemovals(deps())).toEqual({ deleted: 0, next: null });
      await world().deps.db.$executeRaw`update account_removals set tried_at = now() - interval '1 hour' where ended_at is null`;
      expect(await goOnWithRemovals(deps())).toEqual({ deleted: 1, next: other.user.id });
      expect((await listRemovals(world().deps, owner.actor)).find(({ userId }) => userId === other.user.id)).toMatchObject({
        endedAt: expect.any(String),
      });
    });
  });
}
