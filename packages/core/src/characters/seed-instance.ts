import type { Avatar } from '@parley/contracts';
import { Prisma } from '@parley/db';
import type { CoreDeps } from '../deps.js';
import { lobbyId } from '../rooms/lobby.js';
import { assistantHandle, assistantId } from './assistant.js';

const avatar: Avatar = { hue: 178, glyph: 'sparkle' };

const systemPrompt = [
  'You are Ada, the assistant of this chat room. Several people talk here; each of their messages begins with its author’s name.',
  'Answer the one who called you, briefly and plainly, in the language they used. Markdown is shown.',
  'Rely on what was said in this room; when it does not hold the answer, say so before you add what you know from elsewhere.',
].join('\n');

/**
 * Makes what every instance has: the assistant Ada, and the Lobby with her in it. Does nothing where they exist, also when
 * several processes start at once: ids are fixed, so one of them inserts and the others wait for it and find it done.
 *
 * @throws Error if a person holds Ada's handle
 */
export async function seedInstance(deps: Pick<CoreDeps, 'db'>): Promise<void> {
  await seedAssistant(deps);
  await seedLobby(deps);
}

async function seedAssistant(deps: Pick<CoreDeps, 'db'>): Promise<void> {
  await deps.db.$queryRaw(Prisma.sql`
    with name as (
      insert into handles (handle) values (${assistantHandle}) on conflict do nothing returning handle
    )
    insert into characters (id, handle, name, tagline, avatar, system_prompt, is_assistant)
    select ${assistantId}::uuid, name.handle, 'Ada', 'Summarises and answers from this room',
      ${JSON.stringify(avatar)}::jsonb, ${systemPrompt}, true
    from name
    returning id`);
  const found = await deps.db.$queryRaw<unknown[]>(Prisma.sql`select 1 as one from characters where id = ${assistantId}::uuid`);
  if (found.length === 0) throw new Error(`the handle “${assistantHandle}” belongs to a person, so the assistant cannot have it`);
}

/** No counter exists before this statement, so `on conflict` burns no number. */
async function seedLobby(deps: Pick<CoreDeps, 'db'>): Promise<void> {
  await deps.db.$queryRaw(Prisma.sql`
    with room as (
      insert into rooms (id, name, topic, visibility, rev)
      values (${lobbyId}::uuid, 'Lobby', 'Where everyone starts. Try /summary, or ask @ada.', 'public', 1)
      on conflict do nothing
      returning id
    ),
    counter as (
      insert into room_counters (room_id, last_rev, members_rev) select room.id, 2, 2 from room returning room_id
    )
    insert into room_characters (room_id, character_id, rev) select room.id, ${assistantId}::uuid, 2 from room
    returning room_id`);
}
