import { mentionsInSteps } from '@parley/contracts/markdown';
import { Prisma } from '@parley/db';
import type { CoreDeps } from '../deps.js';
import type { AuthorizedRoom } from '../access/authorized-room.js';
import { readInTurns } from '../protocol/long-text.js';
import type { NamedInText, Turn } from './plan-message.js';

/** The most mentions of several possible handles that are looked up. Further ones mean a character, or the longest of their handles. */
const maxLookedUp = 50;

/**
 * Reads whom a text mentions, and whose turn it is to answer what mentions nobody. Where a mention may mean several handles, as `@ada.lovelace` does, it asks which of them members have. The
 * answer holds as long as the room's `membersRev`, which the statement that writes the mentions checks.
 */
export async function findNamed(
  { db }: Pick<CoreDeps, 'db'>,
  { roomId, characters }: Pick<AuthorizedRoom, 'roomId' | 'characters'>,
  content: string,
): Promise<NamedInText> {
  const mentions = await readInTurns(content, mentionsInSteps);
  const turn = await findTurn({ db }, { roomId, characters });
  const unclear = mentions.filter((handles) => handles.length > 1).slice(0, maxLookedUp);
  if (unclear.length === 0) return { mentions, members: new Set(), turn };
  const members = await db.$queryRaw<{ handle: string }[]>(Prisma.sql`
    select u.username as handle from users u
    join room_members m on m.room_id = ${roomId}::uuid and m.user_id = u.id and m.left_rev is null
    where u.username = any (${[...new Set(unclear.flat())]}::text[])`);
  return { mentions, members: new Set(members.map(({ handle }) => handle)), turn };
}

/** How many of a room's last messages say who spoke when: who is in none of them has waited longest. */
const maxLookedBack = 200;

/** Whose turn it is: of the characters that answer in turn, the one that has said nothing for the longest time. Null where none answers in turn. */
export async function findTurn(
  { db }: Pick<CoreDeps, 'db'>,
  { roomId, characters }: Pick<AuthorizedRoom, 'roomId' | 'characters'>,
): Promise<Turn | null> {
  const ids = characters.filter(({ autoReply }) => autoReply === 'turn').map(({ character }) => character.id);
  if (ids.length <= 1) return ids[0] === undefined ? null : { characterId: ids[0], asOf: null };
  const [row] = await db.$queryRaw<Turn[]>(Prisma.sql`
    select c.id as "characterId", (select n.last_seq from room_counters n where n.room_id = ${roomId}::uuid) as "asOf" from unnest(${ids}::uuid[]) with ordinality as c (id, place)
    left join (
      select last.author_id, max(last.seq) as seq
      from (select author_id, seq, kind from messages where room_id = ${roomId}::uuid order by seq desc limit ${maxLookedBack}::int) last
      where last.kind = 'reply' group by last.author_id
    ) spoke on spoke.author_id = c.id
    order by spoke.seq nulls first, c.place limit 1`);
  return row ?? null;
}
