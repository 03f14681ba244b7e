import { randomUUID } from 'node:crypto';
import { maxNotesPerRoom } from '@parley/contracts';
import { describe, expect, test } from 'vitest';
import { StaleMembershipError } from '../access/authorized-room.js';
import { removeMember } from '../members/remove-member.js';
import { hideFromAi } from '../messages/hide-from-ai.js';
import { remove } from '../messages/testing-changes.js';
import { authorize, eventsOn, head, send } from '../messages/testing-messages.js';
import { getRoom } from '../rooms/get-room.js';
import { loadChanges } from '../sync/load-changes.js';
import { createTestWorld, type TestUser, type TestWorld } from '../testing/index.js';
import { saveNote } from './save-note.js';
import { note, notesOf, unnote } from './testing-notes.js';

const roomOf = async (world: TestWorld) =>
  (await world.access.run(world.owner.actor, world.room.id, 'rooms.get', (room) => getRoom(world.deps, room))).room;

function hide(world: TestWorld, by: TestUser, messageId: string, on: boolean) {
  return world.access.runOfMessage(by.actor, messageId, 'messages.hideFromAi', (message) => hideFromAi(world.deps, message, { on }));
}

async function archive(world: TestWorld): Promise<void> {
  await world.deps.db.room.update({ where: { id: world.room.id }, data: { archivedAt: new Date() } });
  world.access.invalidate(world.room.id);
}

export function notesSuite(kind: 'pglite' | 'postgres'): void {
  describe(`notes on ${kind}`, () => {
    test('a note says who wrote it, who wrote it anew and from which message it is, and its number is never given again', async () => {
      await using world = await createTestWorld(kind);
      const ben = await world.registerMember('ben');
      const { message } = await send(world, world.owner, 'The importer runs at night');
      const first = await note(world, ben, { text: 'The importer runs at night', messageId: message.id });
      expect(first).toEqual({
        id: expect.any(String),
        roomId: world.room.id,
        number: 1,
        text: 'The importer runs at night',
        author: { id: ben.user.id, name: 'ben', handle: 'ben', avatar: ben.user.avatar },
        editor: null,
        source: { messageId: message.id, seq: message.seq, state: 'there' },
        toldToAi: true,
        createdAt: expect.any(String),
        updatedAt: expect.any(String),
        rev: (await head(world)).rev,
      });
      const second = await note(world, world.owner, { text: 'Ben has the key' });
      expect([second.number, second.source]).toEqual([2, null]);
      const anew = await note(world, world.owner, { noteId: first.id, text: 'The importer runs at three', version: first.rev });
      expect(anew).toEqual({
        ...first,
        text: 'The importer runs at three',
        editor: expect.objectContaining({ id: world.owner.user.id }),
        updatedAt: expect.any(String),
        rev: second.rev + 1,
      });
      expect(await notesOf(world, ben)).toEqual([anew, second]);
      expect(await unnote(world, ben, second.id, second.rev)).toEqual(second);
      expect((await note(world, ben, { text: 'Lunch is at noon' })).number).toBe(3);
    });

    test('each change tells the room that its notes changed, live and in what is replayed', async () => {
      await using world = await createTestWorld(kind);
      const told: unknown[] = [];
      const expectTold = async (count: number) => {
        const { rev } = await head(world);
        const room = await roomOf(world);
        expect(room).toMatchObject({ rev, notes: { count, rev } });
        const event = { type: 'room', rev, room };
        told.push(event);
        expect(eventsOn(world)).toEqual(told);
        expect((await loadChanges(world.deps, world.room.id, rev - 1, 10)).events).toEqual([event]);
      };
      const before = await head(world);
      const first = await note(world, world.owner, { text: 'one' });
      await expectTold(1);
      await note(world, world.owner, { noteId: first.id, text: 'two', version: first.rev });
      await expectTold(1);
      await unnote(world, world.owner, first.id);
      await expectTold(0);
      expect(await head(world)).toEqual({ rev: before.rev + 3, seq: before.seq });
    });

    test('of two who write a note anew at once one is refused, and neither text is lost silently', async () => {
      await using world = await createTestWorld(kind);
      const ben = await world.registerMember('ben');
      const first = await note(world, ben, { text: 'one' });
      const texts = [world.owner, ben].map((by) =>
        note(world, by, { noteId: first.id, text: `of ${by.user.username}`, version: first.rev }),
      );
      const results = await Promise.allSettled(texts);
      const refused = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []));
      expect(refused).toEqual([expect.objectContaining({ code: 'PRECONDITION_FAILED', details: { field: 'version' } })]);
      const written = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
      expect(await notesOf(world, ben)).toEqual(written);
      // The same text once more is what is there already, whatever was read.
      expect(await note(world, ben, { noteId: first.id, text: written[0]!.text, version: first.rev })).toEqual(written[0]);
      await expect(unnote(world, ben, first.id, first.rev)).rejects.toMatchObject({ code: 'PRECONDITION_FAILED' });
      await expect(note(world, ben, { noteId: first.id, text: 'blind' })).rejects.toMatchObject({
        code: 'VALIDATION',
        details: { field: 'version' },
      });
      expect(await notesOf(world, ben)).toEqual(written);
    });

    test('a note is taken from a message of its room that is there, and keeps to it', async () => {
      await using world = await createTestWorld(kind);
      const { message } = await send(world, world.owner, 'a secret');
      await remove(world, world.owner, message.id);
      const of = (messageId: string) => note(world, world.owner, { text: 'noted', messageId });
      await expect(of(message.id)).rejects.toMatchObject({ code: 'MESSAGE_DELETED', details: { field: 'messageId' } });
      await expect(of(randomUUID())).rejects.toMatchObject({ code: 'MESSAGE_NOT_FOUND', details: { field: 'messageId' } });
      const [line] = await world.deps.db.message.findMany({ where: { kind: 'system' }, take: 1 });
      if (line) await expect(of(line.id)).rejects.toMatchObject({ code: 'MESSAGE_NOT_FOUND' });
      const other = (await send(world, world.owner, 'elsewhere')).message;
      const made = await note(world, world.owner, { text: 'noted' });
      await expect(
        note(world, world.owner, { noteId: made.id, text: 'noted again', version: made.rev, messageId: other.id }),
      ).rejects.toMatchObject({ code: 'VALIDATION', details: { field: 'messageId' } });
      expect(await notesOf(world, world.owner)).toEqual([made]);
    });

    test('whose message is deleted or hidden from AI is told to no character, until a person writes it anew', async () => {
      await using world = await createTestWorld(kind);
      const { message } = await send(world, world.owner, 'the code is 4711');
      const made = await note(world, world.owner, { text: 'the code is 4711', messageId: message.id });
      const only = async () => (await notesOf(world, world.owner))[0]!;
      await hide(world, world.owner, message.id, true);
      expect(await only()).toMatchObject({ toldToAi: false, source: { state: 'hiddenFromAi' } });
      await hide(world, world.owner, message.id, false);
      expect(await only()).toEqual(made);
      await remove(world, world.owner, message.id);
      expect(await only()).toMatchObject({ toldToAi: false, source: { state: 'deleted' } });
      // The same text is not written anew.
      await note(world, world.owner, { noteId: made.id, text: made.text, version: made.rev });
      expect(await only()).toMatchObject({ toldToAi: false });
      await note(world, world.owner, { noteId: made.id, text: 'Olga knows the code', version: made.rev });
      expect(await only()).toMatchObject({ toldToAi: true, source: { messageId: message.id, state: 'deleted' } });
    });

    test('is for members, of one room, and the room holds a number of them', async () => {
      await using world = await createTestWorld(kind);
      const [ben, olga] = [await world.registerMember('ben'), await world.register('olga')];
      const made = await note(world, ben, { text: 'ours' });
      const refused = [() => notesOf(world, olga), () => note(world, olga, { text: 'mine' }), () => unnote(world, olga, made.id)];
      for (const call of refused) await expect(call()).rejects.toMatchObject({ code: 'FORBIDDEN' });
      const lobby = await world.deps.db.room.findFirstOrThrow({ where: { id: { not: world.room.id }, name: 'Lobby' } });
      const elsewhere = note(world, olga, { noteId: made.id, text: 'mine', version: made.rev }, lobby.id);
      await expect(elsewhere).rejects.toMatchObject({ code: 'NOTE_NOT_FOUND' });
      await expect(unnote(world, ben, randomUUID())).rejects.toMatchObject({ code: 'NOTE_NOT_FOUND' });

      const proof = await authorize(world, ben);
      await world.access.run(world.owner.actor, world.room.id, 'rooms.removeMember', (room) => removeMember(world.deps, room, 'ben'));
      await expect(saveNote(world.deps, proof, { text: 'too late' })).rejects.toBeInstanceOf(StaleMembershipError);
      expect(await notesOf(world, world.owner)).toEqual([made]);

      await world.deps.db.roomNote.createMany({
        data: Array.from({ length: maxNotesPerRoom - 2 }, (_, n) => ({
          id: randomUUID(),
          roomId: world.room.id,
          number: n + 2,
          text: `${n}`,
          authorId: ben.user.id,
          rev: 1,
        })),
      });
      await world.deps.db.room.update({
        where: { id: world.room.id },
        data: { noteCount: maxNotesPerRoom - 1, lastNote: maxNotesPerRoom - 1 },
      });
      const both = await Promise.allSettled(['a', 'b'].map((text) => note(world, world.owner, { text })));
      expect(both.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
      await expect(note(world, world.owner, { text: 'c' })).rejects.toMatchObject({ code: 'TOO_MANY_NOTES' });
      expect(await notesOf(world, world.owner)).toHaveLength(maxNotesPerRoom);
    });

    test('in an archived room notes stay as they are, but can be removed', async () => {
      await using world = await createTestWorld(kind);
      const made = await note(world, world.owner, { text: 'ours' });
      await archive(world);
      await expect(note(world, world.owner, { text: 'more' })).rejects.toMatchObject({ code: 'ROOM_ARCHIVED' });
      await expect(note(world, world.owner, { noteId: made.id, text: 'other', version: made.rev })).rejects.toMatchObject({
        code: 'ROOM_ARCHIVED',
      });
      expect(await unnote(world, world.owner, made.id)).toEqual(made);
    });
  });
}
