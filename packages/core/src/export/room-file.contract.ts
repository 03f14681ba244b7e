import { randomUUID } from 'node:crypto';
import type { MessageView, RoomFileEnd, RoomFileHeader, RoomFileMessage } from '@parley/contracts';
import { describe, expect, test } from 'vitest';
import { listMessages } from '../messages/list-messages.js';
import { loadChanges } from '../sync/load-changes.js';
import { searchMessages } from '../messages/search-messages.js';
import { edit, pin, react, remove } from '../messages/testing-changes.js';
import { head, send } from '../messages/testing-messages.js';
import { ask, claimed, complete } from '../replies/testing-replies.js';
import { addMember } from '../members/add-member.js';
import type { AuthorizedRoom } from '../access/authorized-room.js';
import { createRoom } from '../rooms/create-room.js';
import { getRoom } from '../rooms/get-room.js';
import { leaveRoom } from '../members/leave-room.js';
import { listJoinedRooms } from '../rooms/list-joined-rooms.js';
import { removeMember } from '../members/remove-member.js';
import { updateRoom } from '../rooms/update-room.js';
import { note, notesOf, unnote } from '../notes/testing-notes.js';
import { nobodysAvatar } from '../protocol/nobodys-avatar.js';
import { createTestWorld, type TestUser, type TestWorld } from '../testing/index.js';
import { exportAccount } from './export-account.js';
import { exportRoom } from './export-room.js';
import { importRoom } from './import-room.js';
import { stageRoom } from './staged-room.js';
import { replyJobs } from '../replies/reply-sink.js';

async function text(chunks: AsyncIterable<string>): Promise<string> {
  let whole = '';
  for await (const chunk of chunks) whole += chunk;
  return whole;
}

function linesOf(file: string): unknown[] {
  return file
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as unknown);
}

function roomFile(world: TestWorld, by: TestUser, roomId = world.room.id): Promise<string> {
  return text(exportRoom({ ...world.deps, rooms: world.access }, by.actor, { roomId: roomId }));
}

async function messagesOf(world: TestWorld, by: TestUser, roomId: string): Promise<MessageView[]> {
  return (await world.access.run(by.actor, roomId, 'messages.list', (room) => listMessages(world.deps, room, { limit: 1000 }))).items;
}

async function* inPieces(file: string | Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  const bytes = typeof file === 'string' ? new TextEncoder().encode(file) : file;
  for (let from = 0; from < bytes.length; from += size) yield bytes.subarray(from, from + size);
}

function bring(world: TestWorld, by: TestUser, file: string | Uint8Array, pieceSize = 1_000) {
  return importRoom(world.deps, by.actor, inPieces(file, pieceSize));
}

/** A room in which everything has happened once. */
async function livelyRoom(world: TestWorld): Promise<{ ben: TestUser; messages: MessageView[] }> {
  const ben = await world.registerMember('ben');
  const first = (await send(world, world.owner, 'tea at four, @ben? ☕')).message;
  const second = (await send(world, ben, 'yes\nand 日本語', { replyTo: first.id })).message;
  await react(world, ben, first.id, '👍');
  await react(world, world.owner, first.id, '👍');
  await react(world, ben, second.id, '☕');
  await pin(world, world.owner, second.id);
  await edit(world, world.owner, first.id, 'tea at five, @ben? ☕');
  const gone = (await send(world, ben, 'a secret')).message;
  await remove(world, ben, gone.id);
  await replyJobs.end(world.deps, await claimed(world, ben), complete);
  await ask(world, ben);
  return { ben, messages: await messagesOf(world, world.owner, world.room.id) };
}

export function roomFileSuite(kind: 'pglite' | 'postgres'): void {
  describe('exportRoom', () => {
    test('a header, every message by seq as members see it, and an end', async () => {
      await using world = await createTestWorld(kind);
      const { ben, messages } = await livelyRoom(world);
      for (let n = 0; n < 60; n++) await send(world, world.owner, `more ${n}`);
      const file = linesOf(await roomFile(world, ben)) as [RoomFileHeader, ...RoomFileMessage[], RoomFileEnd];
      const details = await world.access.run(ben.actor, world.room.id, 'rooms.get', (room) => getRoom(world.deps, room));
      expect(file[0]).toEqual({
        type: 'room',
        format: 'parley.room',
        version: 1,
        exportedAt: expect.any(String),
        room: details.room,
        members: details.members,
        characters: details.characters,
        notes: [],
      });
      const said = file.slice(1, -1) as RoomFileMessage[];
      expect(said.map(({ message }) => message)).toEqual(await messagesOf(world, ben, world.room.id));
      expect(said.slice(0, messages.length).map(({ message }) => message)).toEqual(messages);
      expect(file.at(-1)).toEqual({ type: 'end', messages: said.length });
      expect(JSON.stringify(file)).not.toMatch(/password|a secret|systemPrompt/);
    });

    test('is for members, and stops for who is removed meanwhile', async () => {
      await using world = await createTestWorld(kind);
      const [ben, olga] = [await world.registerMember('ben'), await world.register('olga')];
      for (let n = 0; n < 60; n++) await send(world, world.owner, `more ${n}`);
      await expect(roomFile(world, olga)).rejects.toMatchObject({ code: 'FORBIDDEN' });
      await expect(roomFile(world, olga, randomUUID())).rejects.toMatchObject({ code: 'ROOM_NOT_FOUND' });
      const chunks = exportRoom({ ...world.deps, rooms: world.access }, ben.actor, { roomId: world.room.id });
      expect((await chunks.next()).value).toContain('"type":"room"');
      await world.access.run(ben.actor, world.room.id, 'rooms.leave', (room) => leaveRoom(world.deps, room));
      await expect(chunks.next()).rejects.toMatchObject({ code: 'FORBIDDEN' });
    });
  });

  describe('importRoom', () => {
    test('keeps order, texts, quotes, reactions, pins and times, and the words of the importer as theirs', async () => {
      await using world = await createTestWorld(kind);
      const { messages } = await livelyRoom(world);
      const file = await roomFile(world, world.owner);
      world.bus.clear();
      const { room, messages: count } = await bring(world, world.owner, file);
      expect(count).toBe(messages.length);
      expect(room).toMatchObject({ name: 'Workshop', topic: 'Where tests talk', visibility: 'private', memberCount: 1 });
      const brought = await messagesOf(world, world.owner, room.id);
      expect(brought.map(({ seq }) => seq)).toEqual(brought.map((_, index) => index + 1));
      expect(brought.at(-1)).toMatchObject({ kind: 'system', content: expect.stringContaining('tess imported this room') });

      const ids = new Map(messages.map(({ id }, index) => [id, brought[index]!.id]));
      for (const [index, before] of messages.entries()) {
        const after = brought[index]!;
        const own = before.kind === 'text' && before.author.id === world.owner.user.id;
        expect(after).toMatchObject({
          kind: before.kind,
          author: own ? before.author : { ...before.author, type: 'system', id: null, imported: true },
          content: before.content,
          status: before.status === 'queued' ? 'stopped' : before.status,
          replyTo: before.replyTo && ids.get(before.replyTo),
          mentions: [],
          createdAt: before.createdAt,
          editedAt: before.editedAt,
          deletedAt: before.deletedAt,
          pinnedAt: before.pinnedAt,
        });
        expect(after.reactions.map(({ emoji, count: reacted }) => ({ emoji, reacted }))).toEqual(
          before.reactions.map(({ emoji, count: reacted }) => ({ emoji, reacted })),
        );
        expect(after.id).not.toBe(before.id);
      }
      const { events, head: last } = await loadChanges(world.deps, room.id, 0, 1000);
      expect(new Set(events.map(({ rev }) => rev)).size).toBe(events.length);
      expect(events.at(-1)?.rev).toBe(last.rev);
      expect(last).toMatchObject({ seq: brought.length, membersRev: last.rev });
    });

    test('keeps notes with their numbers, times and messages, and what no character is told of; those of others speak for nobody here', async () => {
      await using world = await createTestWorld(kind);
      const ben = await world.registerMember('ben');
      const [first, second] = [await send(world, ben, 'the code is 4711'), await send(world, ben, 'lunch at noon')];
      await note(world, world.owner, { text: 'gone before' });
      await note(world, world.owner, { text: 'the code', messageId: first.message.id });
      await note(world, ben, { text: 'lunch', messageId: second.message.id });
      await unnote(world, ben, (await notesOf(world, ben))[0]!.id);
      await remove(world, ben, first.message.id);
      const before = await notesOf(world, ben);
      const { room } = await bring(world, world.owner, await roomFile(world, world.owner));
      expect(room.notes).toMatchObject({ count: 2 });
      const after = await notesOf(world, world.owner, room.id);
      const messages = await messagesOf(world, world.owner, room.id);
      expect(after).toEqual([
        {
          ...before[0]!,
          id: expect.any(String),
          roomId: room.id,
          rev: expect.any(Number),
          source: expect.objectContaining({ state: 'deleted' }),
        },
        {
          ...before[1]!,
          id: expect.any(String),
          roomId: room.id,
          rev: expect.any(Number),
          author: { id: null, name: 'ben', handle: 'ben', avatar: nobodysAvatar },
          source: expect.objectContaining({ messageId: messages.find(({ content }) => content === 'lunch at noon')!.id, state: 'there' }),
        },
      ]);
      expect(after.map(({ toldToAi }) => toldToAi)).toEqual([false, true]);
      expect((await note(world, world.owner, { text: 'more' }, room.id)).number).toBe(4);
      const bad = (await roomFile(world, world.owner)).replace('"number":3', '"number":2');
      await expect(bring(world, world.owner, bad)).rejects.toMatchObject({ code: 'VALIDATION', details: { field: 'line 1' } });
    });

    test('makes a room like any other: it is listed, read, searched, written and answered in', async () => {
      await using world = await createTestWorld(kind);
      await livelyRoom(world);
      const { room } = await bring(world, world.owner, await roomFile(world, world.owner));
      const entry = (await listJoinedRooms(world.deps, world.owner.actor)).find((joined) => joined.room.id === room.id);
      expect(entry).toMatchObject({ room, mine: { role: 'owner', unread: 0 } });
      const before = await head(world, room.id);
      const { message, replies } = await send(world, world.owner, '/summary', {}, room.id);
      expect([message.seq, message.rev, replies.length]).toEqual([before.seq + 1, before.rev + 1, 1]);
      const found = await searchMessages(world.deps, world.owner.actor, { query: 'tea five', roomId: room.id, limit: 10 });
      expect(found.items).toMatchObject([{ roomId: room.id, content: 'tea at five, @ben? ☕' }]);
      const reply = (await messagesOf(world, world.owner, room.id)).find(({ kind }) => kind === 'reply')!;
      expect((await remove(world, world.owner, reply.id)).content).toBe('');
    });

    test('attributes nothing to people and characters of this server but to the importer', async () => {
      await using world = await createTestWorld(kind);
      const { ben } = await livelyRoom(world);
      const file = await roomFile(world, world.owner);
      const mallory = await world.register('mallory');
      const { room } = await bring(world, mallory, file);
      const text = JSON.stringify(await messagesOf(world, mallory, room.id));
      const ada = await world.handle.db.character.findFirstOrThrow({ where: { handle: 'ada' } });
      for (const id of [ben.user.id, world.owner.user.id, ada.id, world.room.id]) expect(text).not.toContain(id);
      expect(text).toContain('"name":"ben"');
      expect(await world.deps.db.roomMention.count({ where: { roomId: room.id } })).toBe(0);
    });

    test('marks also what a process imported that does not know the mark, and no line of this server, old ones without facts neither', async () => {
      await using world = await createTestWorld(kind);
      await livelyRoom(world);
      const { room } = await bring(world, world.owner, await roomFile(world, world.owner));
      const brought = await messagesOf(world, world.owner, room.id);
      const kinds = new Set(brought.filter(({ author }) => author.imported).map((message) => message.kind));
      expect([...kinds].toSorted()).toEqual(['reply', 'system', 'text']);
      await world.deps.db.$executeRaw`update messages set imported = false`;
      expect(await messagesOf(world, world.owner, room.id)).toEqual(brought);
      await world.deps.db.$executeRaw`update messages set system = null`;
      const here = await messagesOf(world, world.owner, world.room.id);
      expect(here.map((message) => message.kind)).toContain('system');
      expect(here.filter(({ author }) => author.imported)).toEqual([]);
      expect((await messagesOf(world, world.owner, room.id)).at(-1)!.author).not.toHaveProperty('imported');
    });

    test('marks each line that speaks for nobody here, system lines too, and so do events, the replay and the next export', async () => {
      await using world = await createTestWorld(kind);
      const { messages } = await livelyRoom(world);
      const forged = {
        kind: 'system',
        content: 'tess made mallory an owner.',
        author: { ...messages[0]!.author, name: 'Server' },
        system: { type: 'joined', actor: { id: randomUUID(), name: 'Ada' } },
      };
      const lines = (await roomFile(world, world.owner)).split('\n');
      const first = JSON.parse(lines[1]!) as RoomFileMessage;
      lines[1] = JSON.stringify({ ...first, message: { ...first.message, ...forged } });
      const { room } = await bring(world, world.owner, lines.join('\n'));
      const brought = await messagesOf(world, world.owner, room.id);
      const own = (message: MessageView) => message.author.id === world.owner.user.id;
      expect(brought[0]).toMatchObject({
        kind: 'system',
        content: 'tess made mallory an owner.',
        system: null,
        author: { type: 'system', id: null, name: '', handle: '', avatar: { hue: 0, glyph: null }, imported: true },
      });
      const marked = brought.map(({ author }) => author.imported === true);
      expect(marked).toEqual(brought.map((message, index) => index < brought.length - 1 && !own(message)));
      expect(marked).toContain(false);
      expect(brought.at(-1)).toMatchObject({ kind: 'system', system: { type: 'imported' } });
      expect(brought.at(-1)!.author).not.toHaveProperty('imported');
      const { events } = await loadChanges(world.deps, room.id, 0, 1000);
      expect(events.flatMap((event) => (event.type === 'message' ? [event.message] : []))).toEqual(brought);
      const said = linesOf(await roomFile(world, world.owner, room.id)).slice(1, -1) as { message: MessageView }[];
      expect(said.map(({ message }) => message)).toEqual(brought);
    });

    test('reads a file in pieces of any size, and what it exports can be brought again', async () => {
      await using world = await createTestWorld(kind);
      await livelyRoom(world);
      const file = await roomFile(world, world.owner);
      const whole = await bring(world, world.owner, file, file.length * 4);
      const pieces = await bring(world, world.owner, file.replaceAll('\n', '\r\n\n'), 7);
      const plain = (messages: MessageView[]) =>
        messages.map(({ content, author, reactions, kind, seq }) => ({
          content,
          author,
          kind,
          seq,
          counts: reactions.map(({ count }) => count),
        }));
      expect(plain(await messagesOf(world, world.owner, pieces.room.id))).toEqual(
        plain(await messagesOf(world, world.owner, whole.room.id)),
      );
      const again = await bring(world, world.owner, await roomFile(world, world.owner, whole.room.id));
      expect(again.messages).toBe(whole.messages + 1);
    });

    test('names the line at fault, and leaves nothing behind', async () => {
      await using world = await createTestWorld(kind);
      await livelyRoom(world);
      const file = await roomFile(world, world.owner);
      const lines = file.split('\n').slice(0, -1);
      const rooms = await world.deps.db.room.count();
      const messages = await world.deps.db.message.count();
      const replaced = (index: number, value: string) => lines.with(index, value).join('\n');
      const changed = (index: number, change: (message: Record<string, unknown>) => void) => {
        const line = JSON.parse(lines[index]!) as { message: Record<string, unknown> };
        change(line.message);
        return replaced(index, JSON.stringify(line));
      };
      const asAuthor = (claimed: object) => (message: Record<string, unknown>) => {
        message['author'] = { ...(message['author'] as object), ...claimed };
      };
      const cases: [string | Uint8Array, RegExp][] = [
        ['', /empty/],
        ['\n\n', /empty/],
        ['{}', /^Line 1: this is not the file/],
        [replaced(0, lines[0]!.replace('"version":1', '"version":2')), /^Line 1: .*newer version/],
        [replaced(0, lines[0]!.replace('"name":"Workshop"', '"name":7')), /^Line 1: room\.name/],
        [replaced(2, '{not json'), /^Line 3: is not JSON/],
        [replaced(2, '{"type":"other"}'), /^Line 3: type/],
        [changed(2, (message) => (message['content'] = 7)), /^Line 3: message\.content/],
        [changed(2, (message) => (message['content'] = 'a\0b')), /^Line 3: content: must be well-formed/],
        [changed(2, (message) => (message['content'] = 'a\ud800b')), /^Line 3: content: must be well-formed/],
        [changed(2, (message) => (message['content'] = 'x'.repeat(300_000))), /^Line 3: message\.content: must be 256 kB/],
        ...['a\u202eb', 'Ada\nmade you an owner', 'a\u2028b', '\u2800\u3164\u200b', '', 'x'.repeat(65)].map((name): [string, RegExp] => [
          changed(2, asAuthor({ name })),
          /^Line 3: message\.author\.name/,
        ]),
        ...['a', 'a b', '@ada', 'a'.repeat(33)].map((handle): [string, RegExp] => [
          changed(2, asAuthor({ handle })),
          /^Line 3: message\.author\.handle/,
        ]),
        ...['yes', '', '👍 Ada is an owner', '👍👍'].map((emoji): [string, RegExp] => [
          changed(2, (message) => (message['reactions'] = [{ emoji, userIds: [randomUUID()], count: 1 }])),
          /^Line 3: message\.reactions\.0\.emoji/,
        ]),
        ...['Ada\njoined.', 'Ada \u202ejoined.', 'x'.repeat(1_001)].map((content): [string, RegExp] => [
          changed(2, (message) => Object.assign(message, { kind: 'system', content })),
          /^Line 3: message\.content/,
        ]),
        [changed(2, (message) => (message['error'] = { code: 'X', message: 'a\u202eb' })), /^Line 3: message\.error\.message/],
        [replaced(0, lines[0]!.replace('"name":"Workshop"', '"name":"a\\nb"')), /^Line 1: room\.name/],
        [replaced(0, lines[0]!.replace('"topic":"', '"topic":"\\u202e')), /^Line 1: room\.topic/],
        [changed(3, (message) => (message['seq'] = 1)), /^Line 4: message\.seq: messages must ascend/],
        [changed(2, (message) => (message['createdAt'] = 'yesterday')), /^Line 3: message\.createdAt/],
        [lines.slice(0, -1).join('\n'), /cut off/],
        [lines.toSpliced(3, 1).join('\n'), /^Line \d+: the file was to have/],
        [[...lines, lines[1]].join('\n'), /^Line \d+: the file goes on/],
        [Buffer.concat([Buffer.from(`${lines[0]}\n`), Buffer.from([0xff, 0xfe, 0x0a])]), /^Line 2: is not UTF-8/],
      ];
      for (const [broken, expected] of cases) {
        await expect(bring(world, world.owner, broken, 100_000)).rejects.toMatchObject({
          code: 'VALIDATION',
          message: expect.stringMatching(expected) as string,
        });
      }
      expect(await world.deps.db.room.count()).toBe(rooms);
      expect(await world.deps.db.message.count()).toBe(messages);
      expect(await world.deps.db.roomCounter.count()).toBe(rooms);
    });

    test('bounds the file and its lines before it holds them', async () => {
      await using world = await createTestWorld(kind);
      let given = 0;
      const endless = (piece: Uint8Array) =>
        (async function* () {
          for (;;) {
            given += piece.length;
            yield piece;
          }
        })();
      const refused = { code: 'PAYLOAD_TOO_LARGE' };
      await expect(importRoom(world.deps, world.owner.actor, endless(Buffer.alloc(1_000_000, 'x')))).rejects.toMatchObject(refused);
      expect(given).toBeLessThan(10_000_000);
      given = 0;
      await expect(importRoom(world.deps, world.owner.actor, endless(Buffer.alloc(1_000_000, '\n')))).rejects.toMatchObject(refused);
      expect(given).toBeLessThan(54_000_000);
    });

    test('bounds what a line holds before it is parsed, and keeps a thousand of those who reacted', async () => {
      await using world = await createTestWorld(kind);
      const { messages } = await livelyRoom(world);
      const lines = (await roomFile(world, world.owner)).trimEnd().split('\n');
      const reactedBy = (people: number) => {
        const userIds: string[] = Array.from({ length: people }, () => randomUUID());
        const reactions = ['👍', '☕', '🎉'].map((emoji) => ({ emoji, userIds: [...userIds, world.owner.user.id], count: 1 }));
        return lines.with(1, JSON.stringify({ type: 'message', message: { ...messages[0], reactions } })).join('\n');
      };
      const valid = { code: 'VALIDATION' };
      const refusals: [string, object][] = [
        [reactedBy(30_000), { code: 'PAYLOAD_TOO_LARGE' }],
        [reactedBy(10_000), { ...valid, message: 'Line 2: There are too many values in it.' }],
        [lines.with(2, '['.repeat(1_000_000)).join('\n'), { ...valid, message: 'Line 3: Objects and arrays may be nested 16 deep.' }],
        [lines.with(2, '{"a":'.repeat(300_000)).join('\n'), { ...valid, details: expect.objectContaining({ field: 'line 3' }) as object }],
        [lines.with(2, `[${'0,'.repeat(900_000)}0]`).join('\n'), { ...valid, message: 'Line 3: There are too many values in it.' }],
        [lines.with(0, lines[0]!.replace('"room":{', `"room":{"x":${'['.repeat(4_000_000)},`)).join('\n'), valid],
        [lines.with(0, lines[0]!.replace('"room":{', `"room":{"x":[${'0,'.repeat(30_000)}0],`)).join('\n'), valid],
      ];
      for (const [file, expected] of refusals) await expect(bring(world, world.owner, file, 500_000)).rejects.toMatchObject(expected);

      const { room } = await bring(world, world.owner, reactedBy(450), 100_000);
      const [first] = await messagesOf(world, world.owner, room.id);
      expect(first!.reactions.map(({ emoji, count, userIds }) => [emoji, count, userIds.length])).toEqual([
        ['👍', 451, 451],
        ['☕', 451, 451],
        ['🎉', 98, 98],
      ]);
      const [thumbs, coffee] = first!.reactions;
      expect(thumbs!.userIds).toEqual(coffee!.userIds);
      expect(thumbs!.userIds.at(-1)).toBe(world.owner.user.id);
    });

    test('takes the header of a room with thousands of members', async () => {
      await using world = await createTestWorld(kind);
      await livelyRoom(world);
      const lines = (await roomFile(world, world.owner)).trimEnd().split('\n');
      const header = JSON.parse(lines[0]!) as RoomFileHeader;
      const members = Array.from({ length: 20_000 }, () => header.members[0]!);
      const { room } = await bring(world, world.owner, lines.with(0, JSON.stringify({ ...header, members })).join('\n'), 500_000);
      expect(room).toMatchObject({ name: 'Workshop', memberCount: 1 });
    });

    test('lets others have their turn between lines, however many came at once', async () => {
      await using world = await createTestWorld(kind);
      await livelyRoom(world);
      const lines = (await roomFile(world, world.owner)).trimEnd().split('\n');
      const { message } = lines
        .slice(1)
        .map((line) => JSON.parse(line) as RoomFileMessage)
        .find((line) => line.message.kind === 'text')!;
      const said = (n: number) => JSON.stringify({ type: 'message', message: { ...message, seq: n + 1, content: 'word '.repeat(1_000) } });
      let turns = 0;
      let ticking: NodeJS.Immediate;
      const tick = () => {
        turns++;
        ticking = setImmediate(tick);
      };
      // Fewer lines than one statement writes: nothing but the reading itself gives others a turn.
      const count = 150;
      const pieces = async function* () {
        yield Buffer.from(`${lines[0]}\n`);
        tick();
        yield Buffer.from(Array.from({ length: count }, (_, n) => `${said(n)}\n`).join(''));
        clearImmediate(ticking);
        yield Buffer.from(`{"type":"end","messages":${count}}\n`);
      };
      await importRoom(world.deps, world.owner.actor, pieces());
      expect(turns).toBeGreaterThanOrEqual(Math.floor((count * said(0).length) / 80_000));
    });

    test('is seen by nobody before it is complete, and never if the importer’s session ends', async () => {
      await using world = await createTestWorld(kind);
      await livelyRoom(world);
      const file = await roomFile(world, world.owner);
      const rooms = await world.deps.db.room.count();
      const joined = (await listJoinedRooms(world.deps, world.owner.actor)).length;
      const halves = (async function* () {
        yield* inPieces(file.slice(0, -5), 1_000);
        const staged = await world.deps.db.room.findFirstOrThrow({ orderBy: { id: 'desc' } });
        expect(staged.visibility).toBe('private');
        await expect(messagesOf(world, world.owner, staged.id)).rejects.toMatchObject({ code: 'ROOM_NOT_FOUND' });
        expect(await listJoinedRooms(world.deps, world.owner.actor)).toHaveLength(joined);
        await world.deps.db.session.update({ where: { id: world.owner.actor.sessionId }, data: { revokedAt: new Date() } });
        yield* inPieces(file.slice(-5), 1_000);
      })();
      await expect(importRoom(world.deps, world.owner.actor, halves)).rejects.toMatchObject({ code: 'SESSION_REVOKED' });
      expect(await world.deps.db.room.count()).toBe(rooms);
    });
  });

  describe('an import whose process died', () => {
    test('is taken away by a later one of anybody; one that may still be under way is not, nor a room that has members', async () => {
      await using world = await createTestWorld(kind);
      const { ben } = await livelyRoom(world);
      const file = await roomFile(world, ben);
      const { db } = world.deps;
      const [dead, alive] = [randomUUID(), randomUUID()];
      for (const id of [dead, alive]) await stageRoom(world.deps, world.owner.actor, { id, name: 'Half', topic: '' });
      const line = { id: randomUUID(), roomId: dead, seq: 1, rev: 1, kind: 'system', authorType: 'system', content: 'half' };
      await db.message.create({ data: { ...line, authorName: '', authorHandle: '', authorAvatar: {} } });
      const { room: whole } = await bring(world, ben, file);
      expect(await db.room.count({ where: { id: { in: [dead, alive] } } })).toBe(2);
      await db.room.updateMany({ where: { id: { in: [dead, whole.id] } }, data: { createdAt: new Date(Date.now() - 2 * 86_400_000) } });
      await bring(world, ben, file);
      expect(await db.room.findMany({ where: { id: { in: [dead, alive, whole.id] } }, select: { id: true } })).toEqual(
        expect.arrayContaining([{ id: alive }, { id: whole.id }]),
      );
      expect(await db.room.count({ where: { id: dead } })).toBe(0);
      expect(await db.message.count({ where: { roomId: dead } })).toBe(0);
      expect(await db.roomCounter.count({ where: { roomId: dead } })).toBe(0);
    });
  });

  describe('exportAccount', () => {
    test('has the account, its rooms, its own words and its private replies, and no one else’s', async () => {
      await using world = await createTestWorld(kind);
      const { ben } = await livelyRoom(world);
      const hidden = await createRoom(world.deps, ben.actor, { name: 'Diary', topic: '', visibility: 'private' });
      for (let n = 0; n < 60; n++) await send(world, ben, `dear diary ${n}`, {}, hidden.id);
      for (let n = 0; n < 60; n++) {
        const data = { id: randomUUID(), userId: ben.user.id, roomId: hidden.id, content: `for ben ${n}`, status: 'complete' };
        await world.deps.db.privateReply.create({ data });
      }
      await note(world, world.owner, { text: 'not of ben' });
      const [own, taken] = [await note(world, ben, { text: 'of ben' }), await note(world, ben, { text: 'once of ben' })];
      await note(world, world.owner, { noteId: taken.id, text: 'another text', version: taken.rev });
      await world.access.run(ben.actor, world.room.id, 'rooms.leave', (room) => leaveRoom(world.deps, room));
      const lines = linesOf(await text(exportAccount(world.deps, ben.actor))) as { type: string; [field: string]: unknown }[];
      expect(lines[0]).toMatchObject({ type: 'account', format: 'parley.account', version: 1, account: { username: 'ben' } });
      expect(lines.at(-1)).toEqual({ type: 'end' });
      const of = (type: string) => lines.filter((line) => line.type === type);
      expect(of('note')).toEqual([{ type: 'note', note: own }]);
      expect(of('membership')).toMatchObject([
        { room: { name: 'Lobby' }, left: false },
        { room: { name: 'Workshop' }, left: true },
        { room: { name: 'Diary' }, role: 'owner', left: false },
      ]);
      const said = of('message').map((line) => line['message'] as MessageView);
      expect(said.every(({ author }) => author.id === ben.user.id)).toBe(true);
      expect(said.map(({ content }) => content)).toEqual([
        'yes\nand 日本語',
        '/ask when is tea?',
        '/ask when is tea?',
        ...Array.from({ length: 60 }, (_, n) => `dear diary ${n}`),
      ]);
      const answered = of('privateReply').map((line) => (line['reply'] as { content: string }).content);
      expect(answered.toSorted()).toEqual(Array.from({ length: 60 }, (_, n) => `for ben ${n}`).toSorted());
      expect(of('session')).toMatchObject([{ how: 'password', userAgent: null }]);
      expect(JSON.stringify(lines.map((line) => ({ ...line, how: null })))).not.toMatch(/password|hash|tea at five/i);
    });

    test('has the invitations that wait, each with the name of the room and who invites', async () => {
      await using world = await createTestWorld(kind);
      const { ben } = await livelyRoom(world);
      await world.access.run(ben.actor, world.room.id, 'rooms.leave', (room) => leaveRoom(world.deps, room));
      await world.access.run(world.owner.actor, world.room.id, 'rooms.addMember', (room) => addMember(world.deps, room, 'ben'));
      const lines = linesOf(await text(exportAccount(world.deps, ben.actor))) as { type: string }[];
      expect(lines.filter(({ type }) => type === 'invitation')).toMatchObject([
        { invitation: { roomId: world.room.id, roomName: 'Workshop', invitedBy: { username: 'tess' } } },
      ]);
    });

    test('says nothing of what became of a private room since one left it', async () => {
      await using world = await createTestWorld(kind);
      const { ben } = await livelyRoom(world);
      const cellar = await createRoom(world.deps, world.owner.actor, { name: 'Cellar', topic: 'wine', visibility: 'private' });
      const asOwner = <T>(procedure: 'rooms.addMember' | 'rooms.removeMember' | 'rooms.update', fn: (room: AuthorizedRoom) => Promise<T>) =>
        world.access.run(world.owner.actor, cellar.id, procedure, fn);
      await asOwner('rooms.addMember', (room) => addMember(world.deps, room, 'ben'));
      await send(world, ben, 'I was there', {}, cellar.id);
      await asOwner('rooms.removeMember', (room) => removeMember(world.deps, room, 'ben'));
      await asOwner('rooms.update', (room) => updateRoom(world.deps, room, { name: 'Attic', topic: 'what Ben must not know' }));
      const whole = await text(exportAccount(world.deps, ben.actor));
      expect(whole).toContain('I was there');
      expect(whole).not.toMatch(/Cellar|Attic|must not know/);
      expect(linesOf(whole)).toContainEqual(
        expect.objectContaining({ left: true, room: expect.objectContaining({ id: cellar.id, memberCount: 0, rev: 0 }) as unknown }),
      );
    });
  });
}
