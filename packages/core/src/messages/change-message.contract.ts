import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { canonicalEmoji, channels, type InboxEvent, type MessageView } from '@parley/contracts';
import { describe, expect, test } from 'vitest';
import { archiveRoom } from '../rooms/archive-room.js';
import { createRoom } from '../rooms/create-room.js';
import { leaveRoom } from '../members/leave-room.js';
import { openDirectRoom } from '../rooms/open-direct-room.js';
import { RoomAccess } from '../access/room-access.js';
import { setRole as setRoomRole } from '../members/set-role.js';
import { createTestWorld, type TestUser, type TestWorld } from '../testing/index.js';
import { listPins } from './list-pins.js';
import { loadChanges } from '../sync/load-changes.js';
import { edit, pin, react, remove } from './testing-changes.js';
import { eventsOn, head, send } from './testing-messages.js';

function inboxOf(world: TestWorld, { user }: TestUser): InboxEvent[] {
  return world.bus.on(channels.user(user.id)).flatMap((payload) => (payload.type === 'inbox' ? [payload.event] : []));
}

/** Expects that exactly one rev was taken, and that the room was told what the feed says. */
async function expectTold(world: TestWorld, message: MessageView, before: { rev: number; seq: number }): Promise<void> {
  const event = { type: 'message', rev: before.rev + 1, message: { ...message, rev: before.rev + 1 } };
  expect(eventsOn(world)).toEqual([event]);
  expect((await loadChanges(world.deps, world.room.id, before.rev, 10)).events).toEqual([event]);
  expect(await head(world)).toEqual({ rev: before.rev + 1, seq: before.seq });
}

async function expectUntouched(world: TestWorld, before: { rev: number; seq: number }): Promise<void> {
  expect(await head(world)).toEqual(before);
  expect(world.bus.published).toEqual([]);
}

async function archive(world: TestWorld): Promise<void> {
  await world.deps.db.room.update({ where: { id: world.room.id }, data: { archivedAt: new Date() } });
  world.access.invalidate(world.room.id);
}

export function changeMessageSuite(kind: 'pglite' | 'postgres'): void {
  describe('editMessage', () => {
    test('changes the text in its place, says when, and tells the room', async () => {
      await using world = await createTestWorld(kind);
      const { message } = await send(world, world.owner, 'tea at for');
      const before = await head(world);
      world.bus.clear();
      const edited = await edit(world, world.owner, message.id, 'tea at four');
      expect(edited).toEqual({ ...message, rev: before.rev + 1, content: 'tea at four', editedAt: expect.any(String) });
      await expectTold(world, edited, before);
    });

    test('the same text again takes no rev and tells nobody', async () => {
      await using world = await createTestWorld(kind);
      const { message } = await send(world, world.owner, 'as it is');
      const before = await head(world);
      world.bus.clear();
      expect(await edit(world, world.owner, message.id, 'as it is')).toEqual(message);
      await expectUntouched(world, before);
    });

    test('mentions follow the text, and only who is newly mentioned is told', async () => {
      await using world = await createTestWorld(kind);
      const [ben, cat] = [await world.registerMember('ben'), await world.registerMember('cat')];
      const ada = await world.handle.db.character.findFirstOrThrow({ where: { handle: 'ada' } });
      const { message } = await send(world, world.owner, '@ben and @tess: lunch?');
      const mentioned = async () => (await world.deps.db.roomMention.findMany({ orderBy: { seq: 'asc' } })).map(({ userId }) => userId);
      expect(await mentioned()).toEqual([ben.user.id]);
      world.bus.clear();
      const edited = await edit(world, world.owner, message.id, '@cat, @ben, @tess, @ada and @nobody: lunch?');
      expect(edited.mentions).toEqual([cat.user.id, ben.user.id, world.owner.user.id, ada.id]);
      expect((await mentioned()).toSorted()).toEqual([ben.user.id, cat.user.id].toSorted());
      expect(inboxOf(world, cat)).toEqual([{ type: 'mention', roomId: world.room.id, messageId: message.id }]);
      expect([...inboxOf(world, ben), ...inboxOf(world, world.owner)]).toEqual([]);
      expect((await edit(world, world.owner, message.id, '@cat: lunch?')).mentions).toEqual([cat.user.id]);
      expect(await mentioned()).toEqual([cat.user.id]);
      expect((await edit(world, world.owner, message.id, 'lunch?')).mentions).toEqual([]);
      expect(await mentioned()).toEqual([]);
    });

    test('an edit calls nobody: it makes no reply, and neither makes nor changes a command', async () => {
      await using world = await createTestWorld(kind);
      const { message } = await send(world, world.owner, 'hello');
      const command = await send(world, world.owner, '/ask what is new?');
      const before = await head(world);
      world.bus.clear();
      for (const content of ['/ask now?', '/help', '/nonsense', '/summary 0']) {
        await expect(edit(world, world.owner, message.id, content)).rejects.toMatchObject({ code: 'MESSAGE_NOT_EDITABLE' });
      }
      await expect(edit(world, world.owner, command.message.id, 'no command')).rejects.toMatchObject({ code: 'MESSAGE_NOT_EDITABLE' });
      await expectUntouched(world, before);
      await edit(world, world.owner, message.id, '@ada hello');
      expect(await world.deps.db.job.count()).toBe(1);
      expect(world.bus.enqueued).toEqual([]);
    });

    test('refuses all but the author, replies, what is gone, and archived rooms', async () => {
      await using world = await createTestWorld(kind);
      const ben = await world.registerMember('ben');
      const { message } = await send(world, ben, 'mine');
      const { replies } = await send(world, ben, '/ask what?');
      await expect(edit(world, world.owner, message.id, 'yours')).rejects.toMatchObject({ code: 'FORBIDDEN' });
      await expect(edit(world, ben, replies[0]!.id, 'yours')).rejects.toMatchObject({ code: 'MESSAGE_NOT_EDITABLE' });
      await expect(edit(world, ben, randomUUID(), 'nothing')).rejects.toMatchObject({ code: 'MESSAGE_NOT_FOUND' });
      const gone = await send(world, ben, 'gone');
      await remove(world, ben, gone.message.id);
      await expect(edit(world, ben, gone.message.id, 'back')).rejects.toMatchObject({ code: 'MESSAGE_DELETED' });
      await archive(world);
      await expect(edit(world, ben, message.id, 'late')).rejects.toMatchObject({ code: 'ROOM_ARCHIVED' });
    });
  });

  describe('deleteMessage', () => {
    test('blanks the message and leaves its trace', async () => {
      await using world = await createTestWorld(kind);
      const ben = await world.registerMember('ben');
      const { message } = await send(world, ben, 'a secret, @tess');
      await react(world, world.owner, message.id, '👍');
      await pin(world, world.owner, message.id);
      const before = await head(world);
      world.bus.clear();
      const deleted = await remove(world, ben, message.id);
      expect(deleted).toEqual({ ...message, rev: before.rev + 1, content: '', mentions: [], deletedAt: expect.any(String) });
      await expectTold(world, deleted, before);
      expect(await world.deps.db.roomMention.count()).toBe(0);
      world.bus.clear();
      expect(await remove(world, ben, message.id)).toEqual(deleted);
      await expectUntouched(world, { ...before, rev: before.rev + 1 });
    });

    test('a moderator may delete what another wrote, a member may not, and nobody a line of the record', async () => {
      await using world = await createTestWorld(kind);
      const [ben, cat] = [await world.registerMember('ben'), await world.registerMember('cat')];
      const { message } = await send(world, ben, 'mine');
      await expect(remove(world, cat, message.id)).rejects.toMatchObject({ code: 'FORBIDDEN' });
      expect((await remove(world, world.owner, message.id)).deletedAt).not.toBeNull();
      const line = await world.deps.db.message.create({
        data: {
          id: randomUUID(),
          roomId: world.room.id,
          seq: 1_000,
          rev: 1_000,
          kind: 'system',
          authorType: 'system',
          authorName: '',
          authorHandle: '',
          authorAvatar: { hue: 0, glyph: null },
          content: 'tess made the room.',
        },
      });
      await expect(remove(world, world.owner, line.id)).rejects.toMatchObject({ code: 'FORBIDDEN' });
    });

    test('an archived room lets people take away what they said', async () => {
      await using world = await createTestWorld(kind);
      const { message } = await send(world, world.owner, 'gone soon');
      await archive(world);
      expect((await remove(world, world.owner, message.id)).content).toBe('');
    });
  });

  describe('reactToMessage', () => {
    test('counts each person once for each emoji, in the order in which emoji came', async () => {
      await using world = await createTestWorld(kind);
      const ben = await world.registerMember('ben');
      const [tess, b] = [world.owner.user.id, ben.user.id];
      const { message } = await send(world, world.owner, 'tea?');
      await react(world, world.owner, message.id, '☕');
      await react(world, ben, message.id, '👍');
      const before = await head(world);
      world.bus.clear();
      const reacted = await react(world, ben, message.id, '☕');
      expect(reacted.reactions).toEqual([
        { emoji: '☕', userIds: [tess, b], count: 2 },
        { emoji: '👍', userIds: [b], count: 1 },
      ]);
      await expectTold(world, reacted, before);
      expect((await react(world, world.owner, message.id, '☕', false)).reactions).toEqual([
        { emoji: '☕', userIds: [b], count: 1 },
        { emoji: '👍', userIds: [b], count: 1 },
      ]);
      expect((await react(world, ben, message.id, '☕', false)).reactions).toEqual([{ emoji: '👍', userIds: [b], count: 1 }]);
      expect((await react(world, ben, message.id, '👍', false)).reactions).toEqual([]);
    });

    test('❤ as an earlier version wrote it is ❤️, and a skin tone is another emoji', async () => {
      await using world = await createTestWorld(kind);
      const ben = await world.registerMember('ben');
      const [tess, b] = [world.owner.user.id, ben.user.id];
      const { message } = await send(world, world.owner, 'love');
      await react(world, world.owner, message.id, '❤');
      const both = [
        { emoji: '❤', userIds: [tess, b], count: 2 },
        { emoji: '👍', userIds: [b], count: 1 },
      ];
      await react(world, ben, message.id, '❤️');
      expect((await react(world, ben, message.id, '👍')).reactions).toEqual(both);
      expect((await react(world, ben, message.id, '👍🏽')).reactions).toEqual([...both, { emoji: '👍🏽', userIds: [b], count: 1 }]);
      expect((await react(world, ben, message.id, '❤️', false)).reactions[0]).toEqual({ emoji: '❤', userIds: [tess], count: 1 });
    });

    test('the database and the code know one form of each emoji', async () => {
      await using world = await createTestWorld(kind);
      const signs = Array.from({ length: 0x20000 }, (_, code) => String.fromCodePoint(code)).filter((sign) => /\p{Emoji}/u.test(sign));
      const all = [...signs, ...signs.flatMap((sign) => [`${sign}\ufe0f`, `${sign}🏽`, `👩\u200d${sign}`]), '👁\u200d🗨', '1\u20e3'];
      const rows = await world.deps.db.$queryRaw<{ form: string }[]>`
        select canonical_emoji(e) as form from unnest(${all}::text[]) with ordinality u (e, place) order by place`;
      expect(rows.map(({ form }) => form)).toEqual(all.map(canonicalEmoji));
    });

    test('the migration makes one reaction of two forms, and readers learn of it', async () => {
      await using world = await createTestWorld(kind);
      const { db } = world.deps;
      const { message } = await send(world, world.owner, 'both');
      const { message: other } = await send(world, world.owner, 'one');
      const write = (id: string, reactions: object[]) =>
        db.$executeRaw`update messages set reactions = ${JSON.stringify(reactions)}::jsonb where id = ${id}::uuid`;
      await write(message.id, [
        { emoji: '❤', userIds: ['a', 'b'], count: 2 },
        { emoji: '👍', userIds: ['a'], count: 1 },
        { emoji: '❤️', userIds: ['c', 'b'], count: 2 },
      ]);
      await write(other.id, [{ emoji: '✌️', userIds: ['a'], count: 1 }]);
      const before = await head(world);
      const sql = await readFile(
        new URL('../../../db/prisma/migrations/20261129084000_canonical_emoji/migration.sql', import.meta.url),
        'utf8',
      );
      await db.$executeRawUnsafe(sql.slice(sql.indexOf('WITH found')));
      const { events } = await loadChanges(world.deps, world.room.id, before.rev, 10);
      expect(events).toMatchObject([
        {
          rev: before.rev + 1,
          message: {
            id: message.id,
            reactions: [
              { emoji: '❤️', userIds: ['a', 'b', 'c'], count: 3 },
              { emoji: '👍', userIds: ['a'], count: 1 },
            ],
          },
        },
      ]);
      expect((await head(world)).rev).toBe(before.rev + 1);
    });

    test('a change that changes nothing takes no rev', async () => {
      await using world = await createTestWorld(kind);
      const ben = await world.registerMember('ben');
      const { message } = await send(world, world.owner, 'tea?');
      const reacted = await react(world, world.owner, message.id, '☕');
      const before = await head(world);
      world.bus.clear();
      expect(await react(world, world.owner, message.id, '☕')).toEqual(reacted);
      for (const emoji of ['☕', '👍']) expect(await react(world, ben, message.id, emoji, false)).toEqual(reacted);
      await expectUntouched(world, before);
    });

    test('takes twenty different emoji and no more, but more people for those', async () => {
      await using world = await createTestWorld(kind);
      const ben = await world.registerMember('ben');
      const { message } = await send(world, world.owner, 'all of them');
      const emoji = Array.from({ length: 21 }, (_, n) => String.fromCodePoint(0x1f600 + n));
      for (const one of emoji.slice(0, 20)) await react(world, world.owner, message.id, one);
      const before = await head(world);
      await expect(react(world, ben, message.id, emoji[20]!)).rejects.toMatchObject({ code: 'VALIDATION', details: { field: 'emoji' } });
      expect(await head(world)).toEqual(before);
      expect((await react(world, ben, message.id, emoji[19]!)).reactions.at(-1)).toMatchObject({ count: 2 });
    });

    test('takes a thousand reactions and no more, and lets each be taken back', async () => {
      await using world = await createTestWorld(kind);
      const { message } = await send(world, world.owner, 'a crowd');
      const userIds = [world.owner.user.id, ...Array.from({ length: 999 }, () => randomUUID())];
      await world.deps.db.message.update({ where: { id: message.id }, data: { reactions: [{ emoji: '☕', userIds, count: 1_000 }] } });
      const before = await head(world);
      await expect(react(world, world.owner, message.id, '👍')).rejects.toMatchObject({ code: 'VALIDATION', details: { field: 'emoji' } });
      expect(await head(world)).toEqual(before);
      expect((await react(world, world.owner, message.id, '☕', false)).reactions).toMatchObject([{ emoji: '☕', count: 999 }]);
      expect((await react(world, world.owner, message.id, '👍')).reactions).toMatchObject([{ count: 999 }, { emoji: '👍', count: 1 }]);
    });

    test('refuses what is gone, and archived rooms', async () => {
      await using world = await createTestWorld(kind);
      const [kept, gone] = [await send(world, world.owner, 'kept'), await send(world, world.owner, 'gone')];
      await remove(world, world.owner, gone.message.id);
      await expect(react(world, world.owner, gone.message.id, '☕')).rejects.toMatchObject({ code: 'MESSAGE_DELETED' });
      await archive(world);
      await expect(react(world, world.owner, kept.message.id, '☕')).rejects.toMatchObject({ code: 'ROOM_ARCHIVED' });
    });
  });

  describe('pinMessage', () => {
    test('pins and unpins, each once, and the pins are listed with the latest first', async () => {
      await using world = await createTestWorld(kind);
      const [first, second] = [await send(world, world.owner, 'first'), await send(world, world.owner, 'second')];
      const before = await head(world);
      world.bus.clear();
      const pinned = await pin(world, world.owner, second.message.id);
      expect(pinned).toEqual({ ...second.message, rev: before.rev + 1, pinnedAt: expect.any(String) });
      await expectTold(world, pinned, before);
      world.bus.clear();
      expect(await pin(world, world.owner, second.message.id)).toEqual(pinned);
      await expectUntouched(world, { ...before, rev: before.rev + 1 });
      const last = await pin(world, world.owner, first.message.id);
      const listed = () => world.access.run(world.owner.actor, world.room.id, 'messages.pins', (room) => listPins(world.deps, room));
      expect(await listed()).toEqual([last, pinned]);
      expect((await pin(world, world.owner, second.message.id, false)).pinnedAt).toBeNull();
      expect(await listed()).toEqual([last]);
      await remove(world, world.owner, first.message.id);
      expect(await listed()).toEqual([]);
    });

    test('of long ones the list has the latest alone', async () => {
      await using world = await createTestWorld(kind);
      const sent: MessageView[] = [];
      for (let n = 1; n <= 13; n++) sent.push((await send(world, world.owner, `message ${n}`)).message);
      const content = 'x'.repeat(200 * 1024);
      for (const { id, createdAt } of sent) await world.deps.db.message.update({ where: { id }, data: { content, pinnedAt: createdAt } });
      const pins = await world.access.run(world.owner.actor, world.room.id, 'messages.pins', (room) => listPins(world.deps, room));
      expect(pins.map(({ seq }) => seq)).toEqual([13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3]);
    });

    test('is a moderator’s to do', async () => {
      await using world = await createTestWorld(kind);
      const ben = await world.registerMember('ben');
      const { message } = await send(world, ben, 'important');
      await expect(pin(world, ben, message.id)).rejects.toMatchObject({ code: 'FORBIDDEN' });
      await world.deps.db.roomMember.updateMany({ where: { userId: ben.user.id, roomId: world.room.id }, data: { role: 'moderator' } });
      world.access.invalidate(world.room.id);
      expect((await pin(world, ben, message.id)).pinnedAt).not.toBeNull();
    });
  });

  describe('changes of messages', () => {
    const changes = {
      edit: (world: TestWorld, by: TestUser, id: string) => edit(world, by, id, 'other'),
      delete: remove,
      react: (world: TestWorld, by: TestUser, id: string) => react(world, by, id, '☕'),
      pin: (world: TestWorld, by: TestUser, id: string) => pin(world, by, id),
    };

    test.for(Object.entries(changes))('%s: a message in a hidden room is not told from one that does not exist', async ([, change]) => {
      await using world = await createTestWorld(kind);
      const olga = await world.register('olga');
      const hidden = await createRoom(world.deps, world.owner.actor, { name: 'Hidden', topic: '', visibility: 'private' });
      const { message } = await send(world, world.owner, 'hidden', {}, hidden.id);
      const refusals = await Promise.all([message.id, randomUUID()].map((id) => change(world, olga, id).catch((error: unknown) => error)));
      expect(refusals[0]).toMatchObject({ code: 'MESSAGE_NOT_FOUND', message: (refusals[1] as Error).message });
    });

    test.for(Object.entries(changes))('%s: an instance that remembers a removed member gives them nothing', async ([name, change]) => {
      await using world = await createTestWorld(kind);
      const ben = await world.registerMember('ben');
      const setRole = (role: 'moderator') =>
        world.access.run(world.owner.actor, world.room.id, 'rooms.setRole', (room) =>
          setRoomRole(world.deps, room, { username: 'ben', role }),
        );
      await setRole('moderator');
      const { message } = await send(world, ben, name === 'edit' ? 'other' : 'mine');
      const elsewhere: TestWorld = { ...world, access: new RoomAccess(world.deps) };
      // Make the change once now, so that the call below would change nothing: no statement's guard refuses such a call.
      await change(elsewhere, ben, message.id);
      await world.access.run(ben.actor, world.room.id, 'rooms.leave', (room) => leaveRoom(world.deps, room));
      const before = await head(world);
      await expect(change(elsewhere, ben, message.id)).rejects.toMatchObject({ code: 'FORBIDDEN' });
      expect(await head(world)).toEqual(before);
    });

    test('an instance that remembers a lower role, or an archived room, asks again before it refuses', async () => {
      await using world = await createTestWorld(kind);
      const ben = await world.registerMember('ben');
      const { message } = await send(world, world.owner, 'important');
      const elsewhere: TestWorld = { ...world, access: new RoomAccess(world.deps) };
      await react(elsewhere, ben, message.id, '☕');
      await world.access.run(world.owner.actor, world.room.id, 'rooms.setRole', (room) =>
        setRoomRole(world.deps, room, { username: 'ben', role: 'moderator' }),
      );
      expect((await pin(elsewhere, ben, message.id)).pinnedAt).not.toBeNull();
      const setArchived = (archived: boolean) =>
        world.access.run(world.owner.actor, world.room.id, 'rooms.archive', (room) => archiveRoom(world.deps, room, archived));
      await setArchived(true);
      await expect(react(elsewhere, ben, message.id, '👍')).rejects.toMatchObject({ code: 'ROOM_ARCHIVED' });
      await setArchived(false);
      expect((await react(elsewhere, ben, message.id, '👍')).reactions).toHaveLength(2);
      expect((await remove(elsewhere, ben, message.id)).deletedAt).not.toBeNull();
    });

    test('in a direct room both may pin, and each deletes only what is theirs', async () => {
      await using world = await createTestWorld(kind);
      const ben = await world.register('ben');
      const direct = await openDirectRoom(world.deps, world.owner.actor, { username: 'ben' });
      const { message } = await send(world, world.owner, 'just us', {}, direct.id);
      expect((await pin(world, ben, message.id)).pinnedAt).not.toBeNull();
      await expect(remove(world, ben, message.id)).rejects.toMatchObject({ code: 'FORBIDDEN' });
      expect((await remove(world, world.owner, message.id)).pinnedAt).toBeNull();
    });

    test.for(Object.entries(changes))('%s: a person who left, or whose session ended, changes nothing', async ([, change]) => {
      await using world = await createTestWorld(kind);
      const ben = await world.registerMember('ben');
      await world.deps.db.roomMember.updateMany({ where: { userId: ben.user.id, roomId: world.room.id }, data: { role: 'moderator' } });
      const { message } = await send(world, ben, 'mine');
      await world.access.run(ben.actor, world.room.id, 'rooms.leave', (room) => leaveRoom(world.deps, room));
      const before = await head(world);
      await expect(change(world, ben, message.id)).rejects.toMatchObject({ code: 'FORBIDDEN' });
      const own = await send(world, world.owner, 'mine');
      await world.deps.db.session.update({ where: { id: world.owner.actor.sessionId }, data: { revokedAt: new Date() } });
      await expect(change(world, world.owner, own.message.id)).rejects.toMatchObject({ code: 'SESSION_REVOKED' });
      expect((await head(world)).rev).toBe(before.rev + 1);
    });
  });
}
