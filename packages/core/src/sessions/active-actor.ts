import { Prisma } from '@parley/db';
import type { Actor } from './actor.js';
import { openSessions } from './standing-session.js';

/**
 * The guard of every write by a person, as the body of a CTE: `with actor as (${activeActor(actor)}) … from actor`. It yields
 * one row (`id`, `username`, `display_name`, `avatar`, of the user), or none if the session ended or the account is disabled;
 * then the statement writes nothing.
 *
 * The session is locked `for share` until the statement commits, so whoever ends it waits for writes under way, and none
 * commits later. Disabling an account therefore ends its sessions too. Sessions are locked before anything else.
 */
export function activeActor(actor: Pick<Actor, 'userId' | 'sessionId'>): Prisma.Sql {
  return Prisma.sql`
    select u.id, u.username, u.display_name, u.avatar
    from ${openSessions} where s.id = ${actor.sessionId}::uuid and s.user_id = ${actor.userId}::uuid
    for share of s`;
}
