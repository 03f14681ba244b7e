import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { writtenRoomFileLineSchema, type Mine, type MessageView, type RoomView } from '@parley/contracts';
import { Prisma, type DbHandle } from '@parley/db';
import { examineBackup, restoreBackup } from '@parley/db/backup';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { RoomAccess } from '../access/room-access.js';
import { seedInstance } from '../characters/seed-instance.js';
import { exportRoom } from '../export/export-room.js';
import { editMessage } from '../messages/edit-message.js';
import { listMessages } from '../messages/list-messages.js';
import { postMessage } from '../messages/post-message.js';
import { reactToMessage } from '../messages/react-to-message.js';
import { searchMessages } from '../messages/search-messages.js';
import { listJoinedRooms } from '../rooms/list-joined-rooms.js';
import { AccessTokens } from '../sessions/access-tokens.js';
import { login } from '../sessions/login.js';
import { PasswordHasher } from '../sessions/password-hasher.js';
import { RecordingBus } from '../testing/recording-bus.js';

/** Written by scripts/upgrade-fixture.mjs. */
const folder = fileURLToPath(new URL('../../../../tests/fixtures/upgrades/', import.meta.url));
/** By date and commit, the oldest first. */
export const earlierData = readdirSync(folder)
  .flatMap((file) => (file.endsWith('.backup.gz') ? [file.slice(0, -'.backup.gz'.length)] : []))
  .toSorted();

/** What the server of that time said to each of two people. */
type Said = Record<string, { rooms: { room: RoomView; mine: Mine; messages: MessageView[] }[] }>;
const read = (name: string): string => gunzipSync(readFileSync(`${folder}${name}`)).toString('utf8');

const progress = { at() {} };

/** The data of one earlier version in this one: all that it showed is there, and goes on. */
export function earlierDataSuite(name: string, open: () => Promise<DbHandle & AsyncDisposable>): void {
  let handle: DbHandle & AsyncDisposable;
  beforeAll(async () => {
    handle = await open();
    await restoreBackup(handle, { file: `${folder}${name}.backup.gz`, whose: 'it', there: 'refuse', progress });
  });
  afterAll(async () => {
    await handle?.[Symbol.asyncDispose]();
  });

  test(`the data of ${name} are taken over: people sign in, read what they had, and go on in it`, async () => {
    const said = JSON.parse(read(`${name}.said.json.gz`)) as Said;
    const deps = {
      db: handle.db,
      bus: new RecordingBus(),
      log: { info() {}, warn() {}, error() {} },
      hasher: new PasswordHasher(),
      tokens: new AccessTokens({ secret: 'a secret for tests, of at least 32 bytes' }),
    };
    const rooms = new RoomAccess(deps);
    await seedInstance(deps);
    const signIn = async (username: string) => {
      const { accessToken } = await login(deps, { username, password: `password of ${username}` });
      return deps.tokens.verify(accessToken);
    };
    const people = { ann: await signIn('ann'), bob: await signIn('bob') };
    const list = (who: keyof typeof people, roomId: string) =>
      rooms.run(people[who], roomId, 'messages.list', (room) => listMessages(deps, room, { after: 0, limit: 100 }));
    for (const who of ['ann', 'bob'] as const) {
      const joined = new Map((await listJoinedRooms(deps, people[who])).map((each) => [each.room.id, each]));
      expect([...joined.keys()].toSorted()).toEqual(said[who]!.rooms.map(({ room }) => room.id).toSorted());
      for (const { room, mine, messages } of said[who]!.rooms) {
        const { name: roomName, topic, visibility, memberCount, archivedAt, createdAt } = room;
        expect(joined.get(room.id)).toMatchObject({
          room: { name: roomName, topic, visibility, memberCount, archivedAt, createdAt },
          mine: { role: mine.role, muted: mine.muted, lastReadSeq: mine.lastReadSeq },
        });
        expect((await list(who, room.id)).items.map(known)).toEqual(messages.map(known));
      }
    }

    // It goes on where it was.
    const workshop = said['ann']!.rooms.find(({ room }) => room.name === 'Workshop')!;
    const roomId = workshop.room.id;
    const last = Math.max(...workshop.messages.map(({ seq }) => seq));
    const first = workshop.messages.find(({ content }) => content === 'Hello **all**')!;
    const { message } = await rooms.run(people.bob, roomId, 'messages.send', (room) =>
      postMessage(deps, room, { clientId: randomUUID(), content: 'and on, @ann', replyTo: first.id }),
    );
    expect(message).toMatchObject({ seq: last + 1, replyTo: first.id, mentions: [people.ann.userId] });
    await rooms.runOfMessage(people.bob, first.id, 'messages.react', (of) => reactToMessage(deps, of, { emoji: '🎉', on: true }));
    await rooms.runOfMessage(people.ann, first.id, 'messages.edit', (of) => editMessage(deps, of, { content: 'Hello **again**' }));
    const now = (await list('ann', roomId)).items;
    expect(now.map(({ seq }) => seq)).toEqual(Array.from({ length: last + 1 }, (_, place) => place + 1));
    expect(now.find(({ id }) => id === first.id)).toMatchObject({
      content: 'Hello **again**',
      reactions: [{ emoji: '👍' }, { emoji: '🎉' }],
    });
    const found = await searchMessages(deps, people.ann, { query: 'again', limit: 20 });
    expect(found.items.map(({ id }) => id)).toEqual([first.id]);
    const old = await searchMessages(deps, people.bob, { query: 'hello', limit: 20 });
    expect(old.items.length).toBeGreaterThan(1);
    let exported = '';
    for await (const part of exportRoom({ ...deps, rooms }, people.ann, { roomId })) exported += part;
    const lines = exported.trimEnd().split('\n');
    for (const line of lines) writtenRoomFileLineSchema.parse(JSON.parse(line));
    expect(lines).toHaveLength(now.length + 2);
  });

  test(`a process of ${name} can run beside this version`, async () => {
    const { tables } = await examineBackup(`${folder}${name}.backup.gz`);
    // What it does not know of, its inserts leave out.
    const columns = await handle.db.$queryRaw<{ table: string; column: string; needed: boolean }[]>(Prisma.sql`
      select table_name::text as table, column_name::text as column,
        is_nullable = 'NO' and column_default is null and is_identity = 'NO' and is_generated = 'NEVER' as needed
      from information_schema.columns where table_schema = 'public' limit 5000`);
    const then = new Map(tables.map((table) => [table.name, new Set(table.columns)]));
    expect(columns.filter(({ table, column, needed }) => needed && then.has(table) && !then.get(table)!.has(column))).toEqual([]);
    // And each statement that it ran is understood. Those of its own start are no part of the schema that it finds.
    const statements = read(`${name}.statements.jsonl.gz`)
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as string)
      .filter((sql) => /^\s*(?:with|select|insert|update|delete)\b/i.test(sql));
    expect(statements.length).toBeGreaterThan(40);
    const refused: string[] = [];
    await handle.withSession(async ({ query, exec }) => {
      for (const sql of statements) {
        await query(`prepare earlier as ${sql}`).catch((error: unknown) => void refused.push(`${String(error)}: ${sql.slice(0, 500)}`));
        await exec('deallocate all');
      }
    });
    expect(refused).toEqual([]);
  });
}

/** Of a message, what both versions know. */
function known(message: MessageView): object {
  const {
    id,
    roomId,
    seq,
    kind,
    author,
    content,
    status,
    attempt,
    replyTo,
    mentions,
    reactions,
    createdAt,
    editedAt,
    deletedAt,
    pinnedAt,
  } = message;
  return {
    ...{ id, roomId, seq, kind, content, status, attempt, replyTo, mentions, reactions, createdAt, editedAt, deletedAt, pinnedAt },
    author: { type: author.type, id: author.id, name: author.name, handle: author.handle },
  };
}
