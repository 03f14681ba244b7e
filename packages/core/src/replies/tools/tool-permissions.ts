import { Prisma } from '@parley/db';
import type { CoreDeps } from '../../deps.js';
import type { ReplyTask } from '../../jobs/claimed-reply.js';
import { accountOpen } from '../../sessions/standing-session.js';

/** Who is asked where a call of a tool would change something, and what they allowed before. */
export interface Allowing {
  /** User id: whoever asked, or whoever had it written again last, because then the wish is theirs. */
  userId: string;
  /** False if they have left the room, or their account is closed: then nobody can allow anything. */
  there: boolean;
  /** What they allow always, of this character in this room. */
  permissions: { permission: string; form: string | null }[];
}

export async function loadAllowing(
  { db }: Pick<CoreDeps, 'db'>,
  task: Pick<ReplyTask, 'roomId' | 'character' | 'request' | 'askedBy'>,
): Promise<Allowing> {
  const userId = task.request.retry?.by ?? task.askedBy.id;
  const [row] = await db.$queryRaw<Omit<Allowing, 'userId'>[]>(Prisma.sql`
    select exists (
        select 1 from room_members own join users u on u.id = own.user_id
        where own.room_id = ${task.roomId}::uuid and own.user_id = ${userId}::uuid and own.left_rev is null and ${accountOpen}
      ) as there,
      array(
        select json_build_object('permission', p.permission, 'form', p.form) from tool_permissions p
        where p.user_id = ${userId}::uuid and p.room_id = ${task.roomId}::uuid and p.character_id = ${task.character.id}::uuid
      ) as permissions`);
  return { userId, ...row! };
}
