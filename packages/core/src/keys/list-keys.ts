import type { KeyView } from '@parley/contracts';
import { Prisma } from '@parley/db';
import type { CoreDeps } from '../deps.js';
import type { Actor } from '../sessions/actor.js';
import { openSessions } from '../sessions/standing-session.js';
import { keyJson, keyView, type KeyRow } from './key-rows.js';

/** The keys of the actor and of their bots that are good, the newest first. */
export async function listKeys({ db }: Pick<CoreDeps, 'db'>, actor: Pick<Actor, 'userId'>): Promise<KeyView[]> {
  const rows = await db.$queryRaw<{ key: KeyRow }[]>(Prisma.sql`
    select ${keyJson('k', 's', 'u')} as key from ${openSessions} join keys k on k.session_id = s.id
    where s.user_id = ${actor.userId}::uuid or u.owner_id = ${actor.userId}::uuid order by s.id desc`);
  return rows.map(({ key }) => keyView(key));
}
