import { AppError, type AccountView, type Avatar } from '@parley/contracts';
import { Prisma } from '@parley/db';
import { accountJson, accountView, type AccountRow } from '../protocol/account-rows.js';
import { activeActor } from '../sessions/active-actor.js';
import type { Actor } from '../sessions/actor.js';
import { refuseInactive } from '../sessions/load-actor.js';
import type { CoreDeps } from '../deps.js';
import { numbersOf } from '../protocol/counter-statements.js';
import { changeMembers } from '../protocol/member-statements.js';
import { memberView } from '../protocol/presenters.js';
import { publishDirectTitles } from '../rooms/publish-direct-titles.js';
import { publishRoomEvents } from '../protocol/publish-room-events.js';
import { memberJson, type MemberRow } from '../protocol/room-rows.js';
import { namesAreFree, refuseMisleadingName, type Naming } from './misleading-name.js';
import { writeNames } from './index-people.js';
import { touchRooms } from '../protocol/touch-rooms.js';

/** Fields left out stay as they are. */
export interface UpdateProfileInput {
  displayName?: string | undefined;
  /** 0–359 */
  hue?: number | undefined;
}

interface ProfileWritten {
  /** Null if the actor may not act. */
  free: boolean | null;
  account: AccountRow | null;
  shows: boolean | null;
  written: MemberWritten[];
}

interface MemberWritten {
  roomId: string;
  seq: number;
  rev: number;
  member: MemberRow;
}

/**
 * Changes the actor's display name and colour. All their rooms are told; what they said keeps the name it was said under.
 *
 * @throws AppError USERNAME_TAKEN for a display name that misleads; SESSION_REVOKED, ACCOUNT_DISABLED
 */
export async function updateProfile(deps: CoreDeps, actor: Actor, { displayName, hue }: UpdateProfileInput): Promise<AccountView> {
  const avatar = hue === undefined ? null : { hue };
  if (displayName === undefined) return await writeProfile(deps, actor, { displayName: null, username: null, avatar });
  const naming: Naming = { name: { text: displayName, field: 'displayName' }, of: 'person', userId: actor.userId };
  await refuseMisleadingName(deps, naming);
  return await writeProfile(deps, actor, { displayName, username: null, avatar }, naming);
}

/**
 * Does what {@link updateProfile} does, also for the username, whose handle must exist. A null field stays as it is.
 *
 * @param naming the name that must look like nobody else's, if any
 */
export async function writeProfile(
  deps: CoreDeps,
  actor: Actor,
  wanted: { displayName: string | null; username: string | null; avatar: Partial<Avatar> | null },
  naming: Naming | null = null,
): Promise<AccountView> {
  const [row] = await deps.db.$queryRaw<ProfileWritten[]>(Prisma.sql`
    with actor as (${activeActor(actor)}),
    named as (select actor.id, ${naming ? namesAreFree(naming) : Prisma.sql`true`} as free from actor),
    person as (select u.* from users u join named on u.id = named.id and named.free for no key update of u),
    changed as (
      update users u set display_name = coalesce(${wanted.displayName}::text, person.display_name),
        username = coalesce(${wanted.username}::text, person.username),
        avatar = person.avatar::jsonb || ${JSON.stringify(wanted.avatar ?? {})}::jsonb
      from person where u.id = person.id
      returning u.*, (u.display_name, u.username, u.avatar) is distinct from (person.display_name, person.username, person.avatar) as shows
    ),
    visible as (select changed.id from changed where changed.shows),
    ${touchRooms({ table: 'room_members', column: 'user_id', cte: 'visible' }, 0, [])},
    ${members(actor.userId)}
    select (select free from named) as free, (select ${accountJson('changed')} from changed) as account, (select shows from changed) as shows, ${membersWritten} as written`);
  if (row?.free === false && naming) {
    await refuseMisleadingName(deps, naming);
    throw new AppError('CONFLICT');
  }
  if (!row?.account) return await refuseInactive(deps, actor);
  const account = accountView(row.account);
  // If this is lost, the sweep of `indexPeople` writes it. Until then the person is found by the names as they are written.
  if (row.shows) await deps.db.$executeRaw(writeNames([account])).catch(() => {});
  announce(deps, row.written);
  if (row.shows) {
    const touched = row.written.map(({ roomId }) => roomId);
    await tellRemaining(deps, actor.userId, touched);
    await publishDirectTitles(deps, touched, actor.userId);
  }
  return account;
}

/** Tells the rooms that the first statement did not reach, and those that the person entered while it ran: see {@link touchRooms}. */
async function tellRemaining(deps: CoreDeps, userId: string, touched: string[]): Promise<void> {
  for (;;) {
    const [row] = await deps.db.$queryRaw<{ written: MemberWritten[] }[]>(Prisma.sql`
      with changed as (select u.* from users u where u.id = ${userId}::uuid for share of u),
      ${touchRooms({ table: 'room_members', column: 'user_id', cte: 'changed' }, 0, touched)},
      ${members(userId)}
      select ${membersWritten} as written`);
    const written = row?.written ?? [];
    if (written.length === 0) return;
    announce(deps, written);
    touched.push(...written.map(({ roomId }) => roomId));
  }
}

function members(userId: string): Prisma.Sql {
  const change = {
    set: {},
    rev: numbersOf('n').rev,
    from: Prisma.sql`numbered n`,
    room: Prisma.sql`n.room_id`,
    user: Prisma.sql`${userId}::uuid`,
  };
  return Prisma.sql`member as (${changeMembers(change)})`;
}

const membersWritten = Prisma.sql`(
  select coalesce(json_agg(json_build_object('roomId', n.room_id, 'seq', n.last_seq, 'rev', n.last_rev,
    'member', ${memberJson('member', 'changed')})), '[]')
  from numbered n join member on member.room_id = n.room_id cross join changed)`;

function announce(deps: Pick<CoreDeps, 'bus' | 'log'>, written: readonly MemberWritten[]): void {
  for (const { roomId, seq, rev, member } of written) {
    publishRoomEvents(deps, roomId, [{ type: 'member', rev, member: memberView(member), left: false }], { seq, rev });
  }
}
