import { helpText, type ParsedCommand, type PrivateReply } from '@parley/contracts';
import { Prisma } from '@parley/db';
import { v7 as uuidv7 } from 'uuid';
import { activeActor } from '../auth/active-actor.js';
import type { CoreDeps } from '../deps.js';
import { toIso, type Instant } from '../instant.js';
import { StaleMembershipError, type AuthorizedRoom } from '../rooms/authorized-room.js';
import { publishInbox } from '../rooms/publish-membership.js';

/** Commands whose answer its asker alone sees. */
export type PrivateCommand = Extract<ParsedCommand, { name: 'help' }>;

/**
 * Answers one person, on all their connections. It is kept with their private replies, and is no part of the room: no seq, no rev.
 *
 * @throws StaleMembershipError
 */
export async function answerPrivately(deps: CoreDeps, room: AuthorizedRoom, command: PrivateCommand): Promise<PrivateReply> {
  const content = contentOf(command);
  const [row] = await deps.db.$queryRaw<{ id: string; createdAt: Instant }[]>(Prisma.sql`
    with actor as (${activeActor(room.actor)})
    insert into private_replies (id, user_id, room_id, content, status)
    select ${uuidv7()}::uuid, actor.id, m.room_id, ${content}::text, 'complete'
    from actor, room_members m
    where m.room_id = ${room.roomId}::uuid and m.user_id = ${room.actor.userId}::uuid and m.left_rev is null
    returning id, created_at as "createdAt"`);
  if (!row) throw new StaleMembershipError();
  const reply: PrivateReply = { id: row.id, roomId: room.roomId, content, status: 'complete', createdAt: toIso(row.createdAt) };
  publishInbox(deps, room.actor.userId, { type: 'privateReply', reply });
  return reply;
}

function contentOf(command: PrivateCommand): string {
  switch (command.name) {
    case 'help':
      return helpText();
  }
}
