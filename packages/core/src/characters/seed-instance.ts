import { commandFiles } from '@parley/contracts/commands';
import { Prisma } from '@parley/db';
import type { CoreDeps } from '../deps.js';
import { claimHandle } from '../accounts/claim-handle.js';
import { insertCharacter } from '../protocol/character-statements.js';
import { insertCounter } from '../protocol/counter-statements.js';
import { insertEntries } from '../protocol/member-statements.js';
import { lobbyId } from '../rooms/lobby.js';
import { insertRoom } from '../rooms/room-statements.js';
import { assistantHandle, assistantId } from './assistant.js';
import { seededCharacters, type SeededCharacter } from './seeded-characters.js';

/**
 * Makes what every instance has: the assistant Ada, the other {@link seededCharacters}, and the Lobby with Ada in it. An older instance
 * gets what was added since. What exists already is left alone, even if it was changed or deleted. Several processes may start at once:
 * ids are fixed, so one process inserts, and the others wait for it and find the rows.
 *
 * @throws Error if a person holds Ada's handle. Another character whose handle a person holds is left out: nothing depends on it.
 */
export async function seedInstance(deps: Pick<CoreDeps, 'db'>): Promise<void> {
  for (const character of seededCharacters) await seedCharacter(deps, character);
  const found = await deps.db.$queryRaw<unknown[]>(Prisma.sql`select 1 as one from characters where id = ${assistantId}::uuid`);
  if (found.length === 0) throw new Error(`the handle “${assistantHandle}” belongs to a person, so the assistant cannot have it`);
  await seedLobby(deps);
}

async function seedCharacter(deps: Pick<CoreDeps, 'db'>, character: SeededCharacter): Promise<void> {
  const { id, handle, name, tagline, avatar, systemPrompt, isAssistant } = character;
  await deps.db.$queryRaw(Prisma.sql`
    with name as (${claimHandle(handle, Prisma.sql`(select 1) once`)})
    ${insertCharacter(
      {
        id: Prisma.sql`${id}::uuid`,
        handle: Prisma.sql`name.handle`,
        isAssistant,
        values: {
          name: Prisma.sql`${name}`,
          tagline: Prisma.sql`${tagline}`,
          avatar: Prisma.sql`${JSON.stringify(avatar)}::jsonb`,
          systemPrompt: Prisma.sql`${systemPrompt}`,
        },
      },
      Prisma.sql`name`,
    )}`);
}

async function seedLobby(deps: Pick<CoreDeps, 'db'>): Promise<void> {
  await deps.db.$queryRaw(Prisma.sql`
    with room as (${insertRoom(
      {
        id: Prisma.sql`${lobbyId}::uuid`,
        name: Prisma.sql`'Lobby'`,
        topic: Prisma.sql`${`Where everyone starts. Try /${commandFiles.summary.name}, or ask @${assistantHandle}.`}::text`,
        visibility: Prisma.sql`'public'`,
      },
      Prisma.sql`(select 1) once`,
    )}),
    counter as (${insertCounter({ room: Prisma.sql`room.id`, lastSeq: Prisma.sql`0`, lastRev: Prisma.sql`2` }, Prisma.sql`room`)})
    ${insertEntries({ room: Prisma.sql`room.id`, character: Prisma.sql`${assistantId}::uuid`, rev: Prisma.sql`2` }, Prisma.sql`room`)}`);
}
