import { Prisma } from '@parley/db';

/**
 * The only statements that write `room_members` and `room_characters`. A change that others see takes a rev of the room. A change that
 * only the person sees (the read position, the mute, an invitation to join again) takes none.
 */

/** A new member, each column in SQL. */
export interface NewMember {
  room: Prisma.Sql;
  user: Prisma.Sql;
  role: Prisma.Sql;
  rev: Prisma.Sql;
  lastReadSeq: Prisma.Sql;
}

/** Body of a CTE that writes new members and yields their rows. @param from sources, without the word `from` */
export function insertMembers({ room, user, role, rev, lastReadSeq }: NewMember, from: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`
    insert into room_members (room_id, user_id, role, rev, last_read_seq)
    select ${room}, ${user}, ${role}, ${rev}, ${lastReadSeq} from ${from}
    returning *`;
}

const ownColumns = {
  lastReadSeq: 'last_read_seq',
  muted: 'muted',
  invitedRev: 'invited_rev',
  invitedBy: 'invited_by',
  invitedAt: 'invited_at',
  declinedAt: 'declined_at',
  bannedRev: 'banned_rev',
  bannedBy: 'banned_by',
  bannedAt: 'banned_at',
} as const;
const memberColumns = {
  ...ownColumns,
  role: 'role',
  joinedAt: 'joined_at',
  leftRev: 'left_rev',
  selfLeftRev: 'self_left_rev',
  silencedUntil: 'silenced_until',
} as const;
const entryColumns = {
  autoReply: 'auto_reply',
  setBy: 'set_by',
  joinedSeq: 'joined_seq',
  joinedAt: 'joined_at',
  leftRev: 'left_rev',
} as const;

/** Where a change finds its row and its values. */
interface Where {
  /** Sources, without the word `from`. */
  from: Prisma.Sql;
  room: Prisma.Sql;
}

type Values<Columns> = Partial<Record<keyof Columns, Prisma.Sql>>;

/** Values of {@link changeMembers} and {@link changeOwn} after which no invitation waits. */
export const uninvited = {
  invitedRev: Prisma.sql`null`,
  invitedBy: Prisma.sql`null`,
  invitedAt: Prisma.sql`null`,
} satisfies Values<typeof ownColumns>;

/** Body of a CTE that changes what everyone sees of members, and yields their rows. @param change.rev the room's rev for this change */
export function changeMembers(change: Where & { user: Prisma.Sql; set: Values<typeof memberColumns>; rev: Prisma.Sql }): Prisma.Sql {
  return Prisma.sql`
    update room_members m set ${assignments(memberColumns, change.set, change.rev)}
    from ${change.from} where m.room_id = ${change.room} and m.user_id = ${change.user}
    returning m.*`;
}

/**
 * Body of a CTE that changes what only the person sees, and yields their row.
 *
 * @param change.only further conditions on `m` and the sources, beginning with `and`
 */
export function changeOwn(change: Where & { user: Prisma.Sql; set: Values<typeof ownColumns>; only?: Prisma.Sql }): Prisma.Sql {
  return Prisma.sql`
    update room_members m set ${assignments(memberColumns, change.set)}
    from ${change.from} where m.room_id = ${change.room} and m.user_id = ${change.user} ${change.only ?? Prisma.empty}
    returning m.*`;
}

/** A character that is new in a room, each column in SQL. */
export interface NewEntry {
  room: Prisma.Sql;
  character: Prisma.Sql;
  rev: Prisma.Sql;
  /** @default 'mention' */
  autoReply?: Prisma.Sql;
  /** User id of whoever set `autoReply`, and pays for replies that nobody asked for. @default nobody: the room's owner pays */
  setBy?: Prisma.Sql;
  /** The character knows only messages after this seq. @default 0 */
  joinedSeq?: Prisma.Sql;
}

/** Body of a CTE that puts characters into rooms and yields their rows. @param from sources, without the word `from` */
export function insertEntries(entry: NewEntry, from: Prisma.Sql): Prisma.Sql {
  const { room, character, rev, autoReply = Prisma.sql`'mention'`, setBy = Prisma.sql`null::uuid`, joinedSeq = Prisma.sql`0` } = entry;
  return Prisma.sql`
    insert into room_characters (room_id, character_id, auto_reply, set_by, joined_seq, rev)
    select ${room}, ${character}, ${autoReply}, ${setBy}, ${joinedSeq}, ${rev} from ${from}
    returning *`;
}

/** Body of a CTE that changes characters of rooms, and yields their rows. @param change.rev the room's rev for this change */
export function changeEntries(change: Where & { character: Prisma.Sql; set: Values<typeof entryColumns>; rev: Prisma.Sql }): Prisma.Sql {
  return Prisma.sql`
    update room_characters rc set ${assignments(entryColumns, change.set, change.rev)}
    from ${change.from} where rc.room_id = ${change.room} and rc.character_id = ${change.character}
    returning rc.*`;
}

function assignments<Columns extends Record<string, string>>(columns: Columns, set: Values<Columns>, rev?: Prisma.Sql): Prisma.Sql {
  const given = Object.entries<Prisma.Sql | undefined>(set).flatMap(([key, value]) =>
    value === undefined ? [] : [Prisma.sql`${Prisma.raw(columns[key]!)} = ${value}`],
  );
  return Prisma.join(rev === undefined ? given : [...given, Prisma.sql`rev = ${rev}`]);
}
