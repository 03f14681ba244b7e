import { Prisma } from '@parley/db';
import { numbersOf, type Count } from '../protocol/counter-statements.js';

/** The only statements that write `rooms`. A room is its own first change, so it has rev 1, and every later one takes a new rev. */

/** A new room, each column in SQL. What is left out has the column's default. */
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
 * Body of a CTE that makes a room and yields its row, or nothing where one with its id or `directKey` exists: no counter does before
 * the room, so that burns no number.
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

const columns = { name: 'name', topic: 'topic', visibility: 'visibility', archivedAt: 'archived_at', memberCount: 'member_count' } as const;

export interface RoomUpdate {
  set: Partial<Record<keyof typeof columns, Prisma.Sql>>;
  /** Sources beside `counter c`, beginning with a join. @default none */
  from?: Prisma.Sql;
  /** How many messages the statement writes after this change. */
  messagesAfter: Count;
  /** How many other rows it changes after this one. @default none */
  changesAfter?: Count;
}

/** Body of a CTE, after the CTE `counter`, that changes the room whose numbers that took, and yields its row. */
export function changeRoomRow({ set, from = Prisma.empty, messagesAfter, changesAfter = 0 }: RoomUpdate): Prisma.Sql {
  const assignments = Object.entries(set).map(([key, value]) => Prisma.sql`${Prisma.raw(columns[key as keyof typeof columns])} = ${value}`);
  return Prisma.sql`
    update rooms r set ${Prisma.join([...assignments, Prisma.sql`rev = ${numbersOf('c', messagesAfter, changesAfter).rev}`])}
    from counter c ${from} where r.id = c.room_id
    returning r.*`;
}

/** The statement that takes away a room which nobody has entered yet. Elsewhere rows stay. */
export function deleteStagedRoom(roomId: string): Prisma.Sql {
  return Prisma.sql`
    delete from rooms r where r.id = ${roomId}::uuid and not exists (select 1 from room_members own where own.room_id = r.id)`;
}
