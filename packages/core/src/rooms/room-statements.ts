import { Prisma } from '@parley/db';
import { numbersOf, type Count } from '../protocol/counter-statements.js';

/** The only statements that write `rooms`. Making a room is its first change and has rev 1; every later change takes a new rev. */

/** A new room, each column in SQL. Columns left out have their defaults. */
export interface NewRoom {
  id: Prisma.Sql;
  name: Prisma.Sql;
  topic?: Prisma.Sql;
  visibility: Prisma.Sql;
  directKey?: Prisma.Sql;
  memberCount?: Prisma.Sql;
  createdBy?: Prisma.Sql;
}

/**
 * Body of a CTE that makes a room and yields its row. Yields nothing if a room with the same id or `directKey` exists; a new room has no
 * counter yet, so that wastes no number.
 *
 * @param from sources, without the word `from`
 */
export function insertRoom(room: NewRoom, from: Prisma.Sql): Prisma.Sql {
  const { topic = Prisma.sql`''`, directKey = Prisma.sql`null`, memberCount = Prisma.sql`0`, createdBy = Prisma.sql`null` } = room;
  return Prisma.sql`
    insert into rooms (id, name, topic, visibility, direct_key, member_count, created_by, rev)
    select ${room.id}, ${room.name}, ${topic}, ${room.visibility}, ${directKey}, ${memberCount}, ${createdBy}, 1 from ${from}
    on conflict do nothing
    returning *`;
}

const columns = {
  name: 'name',
  topic: 'topic',
  visibility: 'visibility',
  directKey: 'direct_key',
  archivedAt: 'archived_at',
  aiPausedAt: 'ai_paused_at',
  aiPausedBy: 'ai_paused_by',
  memberCount: 'member_count',
  noteCount: 'note_count',
  lastNote: 'last_note',
  notesRev: 'notes_rev',
  replyControl: 'reply_control',
  retentionDays: 'retention_days',
  aiProviders: 'ai_providers',
  blockedWords: 'blocked_words',
  blockedWordsAction: 'blocked_words_action',
  historyFromSeq: 'history_from_seq',
  sweptSeq: 'swept_seq',
} as const;

export interface RoomUpdate {
  set: Partial<Record<keyof typeof columns, Prisma.Sql>>;
  /** Sources beside `counter c`, beginning with a join. @default none */
  from?: Prisma.Sql;
  /** How many messages the statement writes after this change. */
  messagesAfter: Count;
  /** How many other rows the statement changes after this one. @default none */
  changesAfter?: Count;
}

/** Body of a CTE that changes the room of the CTE `counter`, which stands before it, and yields the room's row. */
export function changeRoomRow({ set, from = Prisma.empty, messagesAfter, changesAfter = 0 }: RoomUpdate): Prisma.Sql {
  const assignments = Object.entries(set).map(([key, value]) => Prisma.sql`${Prisma.raw(columns[key as keyof typeof columns])} = ${value}`);
  return Prisma.sql`
    update rooms r set ${Prisma.join([...assignments, Prisma.sql`rev = ${numbersOf('c', messagesAfter, changesAfter).rev}`])}
    from counter c ${from} where r.id = c.room_id
    returning r.*`;
}

/** The statement that deletes a room which nobody has entered yet. If anyone ever entered the room, it stays. */
export function deleteStagedRoom(roomId: string): Prisma.Sql {
  return Prisma.sql`
    delete from rooms r where r.id = ${roomId}::uuid and not exists (select 1 from room_members own where own.room_id = r.id)`;
}

/**
 * Body of a CTE that has the removal by age look through rooms `r` from their beginning again. Nobody sees it, so it takes no rev.
 *
 * @param from sources, without the word `from` @param which condition on `r` and the sources
 */
export function lookThroughAgain(from: Prisma.Sql, which: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`update rooms r set swept_seq = 0 from ${from} where r.swept_seq > 0 and (${which}) returning r.id`;
}
