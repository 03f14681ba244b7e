import { cutText, lineSchema, maxRoomNameLength, maxTopicLength, roomNameSchema } from '@parley/contracts';
import { Prisma } from '@parley/db';
import { auditEntries } from '../audit/audit-statements.js';
import type { CoreDeps } from '../deps.js';
import type { ImportedRow } from '../export/imported-message.js';
import { stageMessages, unstageRoom } from '../export/staged-room.js';
import { insertCounter, numbersOf, takeNumbers } from '../protocol/counter-statements.js';
import { insertEntries, insertMembers } from '../protocol/member-statements.js';
import { mine, roomView } from '../protocol/presenters.js';
import { publishMembership } from '../protocol/publish-membership.js';
import { mineJson, roomJson, type MineRow, type RoomRow } from '../protocol/room-rows.js';
import { imported } from '../protocol/system-facts.js';
import { systemLine } from '../protocol/system-line.js';
import { changeRoomRow, insertRoom } from '../rooms/room-statements.js';
import { accountOpen } from '../sessions/standing-session.js';
import type { FoundPerson } from './find-people.js';
import type { SourceMessage, SourceRoom } from './source-rooms.js';
import { oneLine, sourceMessageId, sourceRoomId, sourceRow, type Lost, type SourcePeople } from './source-row.js';

/** Rows written by one statement, and about how long their texts are, in UTF-16 units. */
const batchRows = 200;
const batchUnits = 1_000_000;

/** What became of a room. */
export type RoomOutcome =
  /** It is there now. `earlier`: how many of its messages an interrupted run had written. */
  | { outcome: 'made'; roomId: string; messages: number; earlier: number }
  /** An earlier run had finished it: nothing was written. */
  | { outcome: 'there'; roomId: string }
  /** Nobody who may read it has an account here. */
  | { outcome: 'nobody' };

export interface SourceRoomContent {
  room: SourceRoom;
  /** In order, by time. */
  messages: AsyncIterable<SourceMessage>;
}

export interface ImportRoomOptions {
  people: SourcePeople;
  /** Owns the rooms for all that have no owner here, and has asked for the answers in them. */
  owner: FoundPerson;
  /** The character that answers in rooms where somebody talks to a model. */
  characterId: string | null;
  now: number;
  /** Told after each statement how many messages are there. */
  onWritten(messages: number): void;
  lost(what: Lost | 'message twice', message: SourceMessage, detail: string): void;
  signal?: AbortSignal | undefined;
}

/**
 * Makes a room of another server's room. It is filled while it has no member, so that nobody sees it, and opened in one statement. A run
 * that died is gone on with: ids are made of the other server's, and each statement writes whole messages in their order, so that those
 * which are there are the first ones.
 *
 * A public room is everybody's. A private one, and a direct one, is imported only where somebody who was in it has an account here; they
 * are its members, and nobody else is. For operators, so no actor.
 *
 * @throws DOMException `AbortError` when the signal says so; what was written is gone on with
 */
export async function importSourceRoom(
  deps: CoreDeps,
  { room, messages }: SourceRoomContent,
  { people, owner, characterId, now, onWritten, lost, signal }: ImportRoomOptions,
): Promise<RoomOutcome> {
  const members = [...new Map(room.members.flatMap((key) => here(people, key)).map((person) => [person.id, person])).values()];
  if (room.visibility !== 'public' && members.length === 0) return { outcome: 'nobody' };
  const roomId = sourceRoomId(people.source, room.key);
  let there = await stateOf(deps, roomId);
  const opened = there?.opened ?? false;
  // A day later another import may take a room away that was not opened: see `findLeftRooms`.
  if (there?.old && !opened) {
    await unstageRoom(deps, roomId);
    there = null;
  }
  if (!opened) await stage(deps, roomId, room, owner.id);
  const ids = new Set<string>();
  const idOf = (key: string, at: number) => sourceMessageId(roomId, key, Math.min(Math.max(at, 0), now));
  const byKey = new Map<string, string>();
  // People go on writing in a room that was opened.
  const earlier = opened ? Infinity : (there?.messages ?? 0);
  let seq = 0;
  let batch: ImportedRow[] = [];
  let units = 0;
  const write = async () => {
    if (batch.length > 0) await stageMessages(deps, roomId, batch);
    [batch, units] = [[], 0];
    onWritten(seq);
    signal?.throwIfAborted();
  };
  for await (const message of messages) {
    const id = idOf(message.key, message.at);
    if (ids.has(id)) {
      lost('message twice', message, message.key);
      continue;
    }
    ids.add(id);
    byKey.set(message.key, id);
    seq++;
    if (seq === earlier && id !== there?.lastId) {
      // The file is another than the one that the run before this read.
      await unstageRoom(deps, roomId);
      throw new ChangedSourceError();
    }
    const row = sourceRow(message, seq, {
      roomId,
      people,
      askerId: owner.id,
      now,
      idOf: (key) => byKey.get(key) ?? null,
      lost: (what, detail) => lost(what, message, detail),
    });
    // Also what is there was looked at: what it lost belongs into the report of each run.
    if (seq <= earlier) continue;
    batch.push(row);
    units += row.content.length;
    if (batch.length >= batchRows || units >= batchUnits) await write();
  }
  if (opened) return { outcome: 'there', roomId };
  if (seq < earlier) {
    await unstageRoom(deps, roomId);
    throw new ChangedSourceError();
  }
  await write();
  const maker = room.owner === null ? undefined : people.here.get(room.owner);
  await open(deps, roomId, room, {
    members,
    owner: maker ?? (room.visibility === 'public' ? owner : members[0]!),
    by: owner,
    messages: seq,
    source: people.source,
    characterId: room.chat ? characterId : null,
  });
  return { outcome: 'made', roomId, messages: seq, earlier };
}

/** What an earlier run wrote is of another file. It was taken away: the room can be imported anew. */
export class ChangedSourceError extends Error {
  override readonly name = 'ChangedSourceError';
}

function here(people: SourcePeople, key: string): FoundPerson[] {
  const person = people.here.get(key);
  return person ? [person] : [];
}

interface StagedState {
  opened: boolean;
  old: boolean;
  messages: number;
  lastId: string | null;
}

async function stateOf({ db }: Pick<CoreDeps, 'db'>, roomId: string): Promise<StagedState | null> {
  const [row] = await db.$queryRaw<StagedState[]>(Prisma.sql`
    select exists (select 1 from room_members own where own.room_id = r.id) as opened,
      r.created_at < now() - interval '12 hours' as old, coalesce(last.seq, 0) as messages, last.id as "lastId"
    from rooms r
    left join lateral (select m.seq, m.id from messages m where m.room_id = r.id order by m.seq desc limit 1) last on true
    where r.id = ${roomId}::uuid`);
  return row ?? null;
}

async function stage({ db }: Pick<CoreDeps, 'db'>, roomId: string, { name, topic }: SourceRoom, ownerId: string): Promise<void> {
  const line = cutText(oneLine(topic), maxTopicLength).trim();
  await db.$executeRaw(Prisma.sql`
    with room as (${insertRoom(
      {
        id: Prisma.sql`${roomId}::uuid`,
        name: Prisma.sql`${roomName(name)}`,
        topic: Prisma.sql`${lineSchema.safeParse(line).data ?? ''}`,
        visibility: Prisma.sql`'private'`,
        createdBy: Prisma.sql`${ownerId}::uuid`,
      },
      Prisma.sql`(select 1) once`,
    )}),
    counter as (${insertCounter({ room: Prisma.sql`room.id`, lastSeq: Prisma.sql`0`, lastRev: Prisma.sql`0` }, Prisma.sql`room`)})
    select count(*) from counter`);
}

function roomName(name: string): string {
  return roomNameSchema.safeParse(cutText(oneLine(name), maxRoomNameLength).trim()).data ?? 'Imported room';
}

/**
 * Gives a staged room its members, its visibility and the assistant, and a line that says where it comes from. Those of two people become
 * their direct room, unless they have one already. The revs after those of the messages go to the line, the room, its members and its
 * characters, in this order.
 */
async function open(
  deps: CoreDeps,
  roomId: string,
  room: SourceRoom,
  {
    members,
    owner,
    by,
    messages,
    source,
    characterId,
  }: {
    members: readonly FoundPerson[];
    owner: FoundPerson;
    /** Who is said to have imported it. */
    by: FoundPerson;
    messages: number;
    source: string;
    /** Who answers each message in it. */
    characterId: string | null;
  },
): Promise<void> {
  const direct = room.visibility === 'direct' && room.members.length === 2 && members.length === 2;
  const directKey = direct
    ? members
        .map(({ id }) => id)
        .toSorted()
        .join(':')
    : null;
  const everyone = [owner, ...members].map(({ id }) => id);
  const [row] = await deps.db.$queryRaw<{ room: RoomRow; members: { userId: string; mine: MineRow }[] }[]>(Prisma.sql`
    with actor as (select u.id, u.username, u.display_name, u.avatar from users u where u.id = ${by.id}::uuid),
    keyed as (
      select case when not exists (select 1 from rooms other where other.direct_key = ${directKey}::text) then ${directKey}::text end as direct_key
    ),
    people as (
      select u.id, (row_number() over (order by u.id desc))::int - 1 as after from users u
      where u.id = any(${everyone}::uuid[]) and ${accountOpen}
    ),
    assistant as (
      select ch.id, ch.id is not distinct from ${characterId}::uuid as answers, row_number() over (order by ch.id desc)::int - 1 as after
      from characters ch where (ch.is_assistant or ch.id = ${characterId}::uuid) and ch.deleted_at is null
    ),
    entries as (select (select count(*)::int from assistant) as n, (select count(*)::int from people) as people, keyed.direct_key from keyed),
    ${takeNumbers({
      room: Prisma.sql`${roomId}::uuid`,
      from: Prisma.sql`actor cross join entries`,
      // The counter has not numbered the staged messages: they took the first seqs, and the line takes the next.
      messages: messages + 1,
      changes: Prisma.sql`1 + entries.people + entries.n`,
      movesMembers: true,
      membersRev: null,
      guard: Prisma.sql`and entries.people > 0 and not exists (select 1 from room_members own where own.room_id = c.room_id)`,
    })},
    ${systemLine({
      says: imported,
      from: Prisma.sql`cross join entries`,
      changesAfter: Prisma.sql`1 + entries.people + entries.n`,
    })},
    room as (${changeRoomRow({
      set: {
        name: Prisma.sql`case when entries.direct_key is null then r.name else '' end`,
        visibility: Prisma.sql`case when entries.direct_key is not null then 'direct' when ${room.visibility === 'public'}::boolean then 'public' else 'private' end`,
        directKey: Prisma.sql`entries.direct_key`,
        archivedAt: Prisma.sql`case when ${room.archived}::boolean then now() end`,
        memberCount: Prisma.sql`entries.people`,
      },
      from: Prisma.sql`cross join entries`,
      messagesAfter: 0,
      changesAfter: Prisma.sql`entries.people + entries.n`,
    })}),
    member as (${insertMembers(
      {
        room: Prisma.sql`c.room_id`,
        user: Prisma.sql`people.id`,
        role: Prisma.sql`case when people.id = ${owner.id}::uuid and entries.direct_key is null then 'owner' else 'member' end`,
        rev: numbersOf('c', 0, Prisma.sql`people.after + entries.n`).rev,
        lastReadSeq: Prisma.sql`c.last_seq`,
      },
      Prisma.sql`counter c cross join people cross join entries`,
    )}),
    entry as (${insertEntries(
      {
        room: Prisma.sql`c.room_id`,
        character: Prisma.sql`assistant.id`,
        rev: numbersOf('c', 0, Prisma.sql`assistant.after`).rev,
        autoReply: Prisma.sql`case when assistant.answers then 'always' else 'mention' end`,
      },
      Prisma.sql`counter c cross join assistant`,
    )}),
    audited as (${auditEntries(
      {
        event: 'room.imported',
        by: 'operator',
        subject: { kind: 'room', id: Prisma.sql`room.id`, name: Prisma.sql`room.name` },
        roomId: Prisma.sql`room.id`,
        detail: { messages, members: everyone.length, from: source },
      },
      Prisma.sql`room`,
    )})
    select ${roomJson('room')} as room,
      (select coalesce(json_agg(json_build_object('userId', member.user_id, 'mine', ${mineJson('member', 'counter', null)})), '[]')
        from member cross join counter) as members
    from room`);
  if (!row) throw new Error('nobody is left who could be in the room');
  const made = roomView(row.room);
  for (const member of row.members) publishMembership(deps, member.userId, made, mine(member.mine));
}
