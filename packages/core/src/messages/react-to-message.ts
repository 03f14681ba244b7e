import { AppError, maxReactionsPerMessage, maxReactorsPerMessage, type MessageView } from '@parley/contracts';
import { Prisma } from '@parley/db';
import { activeActor } from '../sessions/active-actor.js';
import type { CoreDeps } from '../deps.js';
import type { AuthorizedMessage } from '../access/authorized-message.js';
import { refusalBy } from '../access/authorized-room.js';
import { ensureMay } from '../access/ensure-may.js';
import { announceChange, changedMessage, nextRev, staysAsItIs, whyUnchanged, type MessageChange } from './change-message.js';
import { messageJson } from '../protocol/message-rows.js';
import { changeMessages } from '../protocol/message-statements.js';

export interface ReactInput {
  /** In its canonical form: see `canonicalEmoji` of contracts. */
  emoji: string;
  /** False takes the actor's reaction back. */
  on: boolean;
}

/**
 * Sets or takes back the actor's reaction. A call that changes nothing takes no rev. Emoji stand in the order in which each came first.
 * Reactions are a column of the message, so that an event is built from the locked row alone.
 *
 * @throws AppError MESSAGE_NOT_FOUND, MESSAGE_DELETED, ROOM_ARCHIVED, CONFLICT; VALIDATION beyond 20 different emoji or 1,000 reactions on a message
 */
export async function reactToMessage(
  deps: CoreDeps,
  { id: messageId, room }: AuthorizedMessage,
  { emoji, on }: ReactInput,
): Promise<MessageView> {
  ensureMay(room, {}, { archived: staysAsItIs });
  const { actor, roomId, membersRev } = room;
  const [row] = await deps.db.$queryRaw<(MessageChange & { full: boolean })[]>(Prisma.sql`
    with actor as (${activeActor(actor)}),
    locked as (
      select m.id, m.room_id, m.reactions, to_jsonb(actor.id) as me, ${messageJson('m')} as json
      from messages m, actor
      where m.id = ${messageId}::uuid and m.room_id = ${roomId}::uuid and m.deleted_at is null and m.hidden_at is null
      for no key update of m
    ),
    next as (${on ? withReaction(emoji) : withoutReaction(emoji)}),
    found as (
      select locked.*, next.reactions as next, next.reactions = locked.reactions as same,
        -- Whoever takes a reaction back is never refused.
        ${on}::boolean and (jsonb_array_length(next.reactions) > ${maxReactionsPerMessage}::int
          or (select sum(jsonb_array_length(r -> 'userIds')) from jsonb_array_elements(next.reactions) r) > ${maxReactorsPerMessage}::int) as is_full
      from locked, next
    ),
    ${nextRev(membersRev, Prisma.sql`and not found.is_full`)},
    changed as (${changeMessages({
      set: { reactions: Prisma.sql`found.next` },
      from: Prisma.sql`found`,
      id: Prisma.sql`found.id`,
    })})
    select change.*, (select is_full from found) as full from (${changedMessage()}) change`);
  if (!row) throw await whyUnchanged(deps, room, messageId);
  if (!row.full) return announceChange(deps, room, row);
  throw refusalBy(
    room,
    new AppError(
      'VALIDATION',
      `A message takes ${maxReactionsPerMessage} different emoji and ${maxReactorsPerMessage} reactions at most.`,
      {
        field: 'emoji',
      },
    ),
  );
}

function withReaction(emoji: string): Prisma.Sql {
  return Prisma.sql`
    select case
      when exists (select 1 from jsonb_array_elements(locked.reactions) r where canonical_emoji(r ->> 'emoji') = ${emoji}::text) then (
        select jsonb_agg(case when canonical_emoji(r ->> 'emoji') = ${emoji}::text and not r -> 'userIds' @> locked.me
          then r || jsonb_build_object('userIds', r -> 'userIds' || locked.me, 'count', jsonb_array_length(r -> 'userIds') + 1)
          else r end order by place)
        from jsonb_array_elements(locked.reactions) with ordinality reaction (r, place))
      else locked.reactions || jsonb_build_array(jsonb_build_object('emoji', ${emoji}::text, 'userIds', jsonb_build_array(locked.me), 'count', 1))
    end as reactions
    from locked`;
}

function withoutReaction(emoji: string): Prisma.Sql {
  return Prisma.sql`
    select coalesce((
      select jsonb_agg(case when canonical_emoji(r ->> 'emoji') = ${emoji}::text and r -> 'userIds' @> locked.me
        then r || jsonb_build_object('userIds', (r -> 'userIds') - (locked.me #>> '{}'), 'count', jsonb_array_length(r -> 'userIds') - 1)
        else r end order by place)
      from jsonb_array_elements(locked.reactions) with ordinality reaction (r, place)
      where r -> 'userIds' <> jsonb_build_array(locked.me) or canonical_emoji(r ->> 'emoji') <> ${emoji}::text
    ), '[]') as reactions
    from locked`;
}
