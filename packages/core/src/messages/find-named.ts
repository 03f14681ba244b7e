import { mentionsInSteps } from '@parley/contracts/markdown';
import { Prisma } from '@parley/db';
import type { CoreDeps } from '../deps.js';
import type { AuthorizedRoom } from '../access/authorized-room.js';
import { readInTurns } from '../protocol/long-text.js';
import type { NamedInText } from './plan-message.js';

/** The most mentions of several possible handles that are looked up. Further ones mean a character, or the longest of their handles. */
const maxLookedUp = 50;

/**
 * Reads whom a text mentions. Where a mention may mean several handles, as `@ada.lovelace` does, it asks which of them members have. The
 * answer holds as long as the room's `membersRev`, which the statement that writes the mentions checks.
 */
export async function findNamed(
  { db }: Pick<CoreDeps, 'db'>,
  { roomId }: Pick<AuthorizedRoom, 'roomId'>,
  content: string,
): Promise<NamedInText> {
  const mentions = await readInTurns(content, mentionsInSteps);
  const unclear = mentions.filter((handles) => handles.length > 1).slice(0, maxLookedUp);
  if (unclear.length === 0) return { mentions, members: new Set() };
  const members = await db.$queryRaw<{ handle: string }[]>(Prisma.sql`
    select u.username as handle from users u
    join room_members m on m.room_id = ${roomId}::uuid and m.user_id = u.id and m.left_rev is null
    where u.username = any (${[...new Set(unclear.flat())]}::text[])`);
  return { mentions, members: new Set(members.map(({ handle }) => handle)) };
}
