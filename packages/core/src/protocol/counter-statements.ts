import { Prisma } from '@parley/db';

/**
 * The only statements that write `room_counters`. A new message takes a seq and a rev, any other change takes a rev alone. Where a
 * membership changes, `members_rev` becomes the room's last rev. So no seq is without a rev, and no number is taken twice.
 */

/** A number of rows: an expression over `c` and the sources, or a number, which is passed as a parameter. */
export type Count = number | Prisma.Sql;

export interface Numbering {
  /** The room's id, in SQL. */
  room: Prisma.Sql;
  /** Sources, without the word `from`: CTEs that locked the rows to be numbered. Where they have no row, no number is taken. */
  from: Prisma.Sql;
  /** New messages: each takes a seq and a rev. @default none */
  messages?: Count;
  /** Other rows that change: each takes a rev. @default none */
  changes?: Count;
  /** True, or a condition in SQL, if a membership changes: then writes that rely on the old membership match nothing. @default false */
  movesMembers?: boolean | Prisma.Sql;
  /** The `members_rev` that the writer relied on; null where locks alone decide. */
  membersRev: number | null;
  /** Further conditions on `c` and the sources, beginning with `and`. */
  guard?: Prisma.Sql;
  /** A condition in SQL: where it holds, webhooks hear of the room from now on. @default never */
  hooks?: Prisma.Sql;
}

/** CTE `counter` (`room_id`, `last_seq`, `last_rev`, `hooked`): takes a room's next numbers. Rows are numbered from the end: see {@link numbersOf}. */
export function takeNumbers(numbering: Numbering): Prisma.Sql {
  return Prisma.sql`counter as (${numbersTaken(numbering)} returning c.room_id, c.last_seq, c.last_rev, c.hooked)`;
}

/**
 * CTE `numbered` (`room_id`, `last_seq`, `last_rev`, and the sources' `lines`): takes the next numbers of several rooms at once, as
 * {@link takeNumbers} does for one room. The sources locked the counters in order.
 */
export function takeNumbersOfRooms(numbering: Numbering & { lines: Prisma.Sql }): Prisma.Sql {
  return Prisma.sql`numbered as (${numbersTaken(numbering)} returning c.room_id, c.last_seq, c.last_rev, ${numbering.lines} as lines)`;
}

function numbersTaken({
  room,
  from,
  messages,
  changes,
  movesMembers = false,
  membersRev,
  guard = Prisma.empty,
  hooks,
}: Numbering): Prisma.Sql {
  const taken = [messages, changes].filter((each) => each !== undefined).map(inSql);
  const lastRev = Prisma.sql`c.last_rev + ${Prisma.join(taken, ' + ')}`;
  const lastSeq = messages === undefined ? Prisma.empty : Prisma.sql`last_seq = c.last_seq + ${inSql(messages)},`;
  return Prisma.sql`
    update room_counters c set ${lastSeq} last_rev = ${lastRev}${membersMoved(movesMembers, lastRev)}${hooks ? Prisma.sql`, hooked = c.hooked or ${hooks}` : Prisma.empty}
    from ${from}
    where c.room_id = ${room} ${membersRev === null ? Prisma.empty : Prisma.sql`and c.members_rev = ${membersRev}::int`} ${guard}`;
}

function membersMoved(moves: boolean | Prisma.Sql, lastRev: Prisma.Sql): Prisma.Sql {
  if (moves === false) return Prisma.empty;
  return moves === true
    ? Prisma.sql`, members_rev = ${lastRev}`
    : Prisma.sql`, members_rev = case when ${moves} then ${lastRev} else c.members_rev end`;
}

function inSql(count: Count): Prisma.Sql {
  return typeof count === 'number' ? Prisma.sql`${count}::int` : Prisma.sql`(${count})`;
}

/** The seq and rev of one row, in SQL. */
export interface Numbers {
  seq: Prisma.Sql;
  rev: Prisma.Sql;
}

/**
 * The numbers of one row among those that its statement took, counted back from the last ones.
 *
 * @param counter alias of the row that {@link takeNumbers} returned; always a literal
 * @param messagesAfter how many messages the same statement writes after the row
 * @param changesAfter how many other rows the statement numbers after the row
 */
export function numbersOf(counter: string, messagesAfter: Count = 0, changesAfter: Count = 0): Numbers {
  const after = (counts: Count[]) => counts.filter((count) => count !== 0).map((count) => Prisma.sql` - ${inSql(count)}`);
  const number = (column: string, counts: Count[]) => Prisma.join([Prisma.raw(`${counter}.${column}`), ...after(counts)], '');
  return { seq: number('last_seq', [messagesAfter]), rev: number('last_rev', [messagesAfter, changesAfter]) };
}

/**
 * Body of a CTE that gives a new room its counter. `members_rev` is the room's last rev, because all of its members are new.
 *
 * @param of the room's id, its last numbers, and whether webhooks hear of it (by default none does), in SQL
 */
export function insertCounter(
  {
    room,
    lastSeq,
    lastRev,
    hooked = Prisma.sql`false`,
  }: { room: Prisma.Sql; lastSeq: Prisma.Sql; lastRev: Prisma.Sql; hooked?: Prisma.Sql },
  from: Prisma.Sql,
): Prisma.Sql {
  return Prisma.sql`
    insert into room_counters (room_id, last_seq, last_rev, members_rev, hooked) select ${room}, ${lastSeq}, ${lastRev}, ${lastRev}, ${hooked} from ${from}
    returning *`;
}

/**
 * Body of a CTE that lets webhooks hear of a room, or of none any more; it yields `room_id`. It takes no number. Whoever relied on the
 * other is told by the counter's row, and writes again.
 *
 * @param hooked in SQL @param from sources, without the word `from` @param which a condition on `c` and the sources
 */
export function setHooked(hooked: Prisma.Sql, from: Prisma.Sql, which: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`
    update room_counters c set hooked = ${hooked} from ${from} where ${which} returning c.room_id`;
}

/** The statement that deletes the counter of a room which nobody has entered yet. If anyone ever entered the room, the counter stays. */
export function deleteStagedCounter(roomId: string): Prisma.Sql {
  return Prisma.sql`
    delete from room_counters c where c.room_id = ${roomId}::uuid and not exists (select 1 from room_members own where own.room_id = c.room_id)`;
}
