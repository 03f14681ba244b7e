import { Prisma } from '@parley/db';
import type { Actor } from './actor.js';
import { openSessions } from './standing-session.js';

/**
 * The guard of every write by a person, as the body of a CTE: `with actor as (${activeActor(actor)}) … from actor`. It yields one row
 * (the user's `id`, `username`, `display_name`, `avatar`). If the session ended or the account is disabled it yields none, and then the
 * statement writes nothing.
 *
 * The session stays locked `for share` until the statement commits. So a call that ends the session waits for writes under way, and no
 * write commits after it. Only the session is locked, so disabling an account ends its sessions too. Sessions are locked before anything
 * else.
 */
export function activeActor(actor: Pick<Actor, 'userId' | 'sessionId'>): Prisma.Sql {
  return Prisma.sql`
    select u.id, u.username, u.display_name, u.avatar
    from ${openSessions} where s.id = ${actor.sessionId}::uuid and s.user_id = ${actor.userId}::uuid
    for share of s`;
}
