import { Prisma } from '@parley/db';
import type { InboxEvent } from '@parley/contracts';
import type { CoreDeps } from '../deps.js';
import type { AuthorizedRoom } from '../access/authorized-room.js';
import { publishInbox } from '../protocol/publish-membership.js';
import type { PlannedMention } from './plan-message.js';

/** The mentions as JSON, as {@link mentionsOf} takes them. */
export function handlesOf(mentions: readonly PlannedMention[]): string {
  return JSON.stringify(mentions.map(({ handle, characterId }, place) => ({ place, handle, character_id: characterId })));
}

/**
 * Turns handles into ids. A character's id is known already. A person counts only if they are in the room, which the statement's
 * `members_rev` guards.
 */
export function mentionsOf(roomId: string, handles: string) {
  return {
    /** CTE `mentioned`: `id` of each, and `user_id` of people. */
    table: Prisma.sql`mentioned as (
      select h.place, m.user_id, coalesce(h.character_id, m.user_id) as id
      from jsonb_to_recordset(${handles}::jsonb) as h (place int, handle text, character_id uuid)
      left join users u on u.username = h.handle and h.character_id is null
      left join room_members m on m.room_id = ${roomId}::uuid and m.user_id = u.id and m.left_rev is null
      where h.character_id is not null or m.user_id is not null
    )`,
    ids: Prisma.sql`(select coalesce(jsonb_agg(mentioned.id order by mentioned.place), '[]') from mentioned)`,
  };
}

/** Tells the people mentioned, on all their connections, but not the actor. @param ids of people and characters */
export function announceMentions(
  deps: Pick<CoreDeps, 'bus' | 'log'>,
  room: AuthorizedRoom,
  messageId: string,
  ids: readonly string[],
): void {
  const characters = new Set(room.characters.map(({ character }) => character.id));
  const event: InboxEvent = { type: 'mention', roomId: room.roomId, messageId };
  for (const id of ids) if (!characters.has(id) && id !== room.actor.userId) publishInbox(deps, id, event);
}
