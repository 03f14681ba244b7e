import { AppError, maxCharactersPerOwner, type Avatar, type CharacterDetails, type CharacterTool } from '@parley/contracts';
import { Prisma } from '@parley/db';
import { v7 as uuidv7 } from 'uuid';
import { activeActor } from '../sessions/active-actor.js';
import type { Actor } from '../sessions/actor.js';
import { namesAreFree, refuseMisleadingName, type Naming } from '../accounts/misleading-name.js';
import { claimHandle } from '../accounts/claim-handle.js';
import { insertCharacter } from '../protocol/character-statements.js';
import { hueOf } from '../protocol/hue-of.js';
import { refuseInactive } from '../sessions/load-actor.js';
import type { CoreDeps } from '../deps.js';
import { characterDetails, characterJson, type CharacterRow } from '../protocol/character-rows.js';

export interface CreateCharacterInput {
  /** In the form that `usernameSchema` gives. */
  handle: string;
  name: string;
  tagline: string;
  avatar?: Avatar | undefined;
  systemPrompt: string;
  model: string | null;
  temperature: number | null;
  greeting: string;
  /** @default none */
  tools?: readonly CharacterTool[] | undefined;
  /** The card that it is imported from. @default none */
  card?: Record<string, unknown> | undefined;
}

/** Lucide's name of the glyph for a character that chose none. */
const defaultGlyph = 'bot';

/**
 * Makes a character that the actor owns. Its handle is taken for good, also for people. Calls at the same moment may together exceed the
 * number that one person may own.
 *
 * @throws AppError USERNAME_TAKEN (by a person or a character, deleted ones too, or because a name misleads), FORBIDDEN for one too many; SESSION_REVOKED,
 * ACCOUNT_DISABLED
 */
export async function createCharacter(deps: Pick<CoreDeps, 'db'>, actor: Actor, input: CreateCharacterInput): Promise<CharacterDetails> {
  const naming: Naming = {
    handle: { text: input.handle, field: 'handle' },
    name: { text: input.name, field: 'name' },
    of: 'character',
    userId: actor.userId,
  };
  await refuseMisleadingName(deps, naming);
  const avatar: Avatar = { hue: input.avatar?.hue ?? hueOf(input.handle), glyph: input.avatar?.glyph ?? defaultGlyph };
  const [row] = await deps.db.$queryRaw<{ active: boolean; owned: number; character: CharacterRow | null }[]>(Prisma.sql`
    with actor as (${activeActor(actor)}),
    owned as (select count(*)::int as n from characters ch join actor on ch.owner_id = actor.id where ch.deleted_at is null),
    name as (${claimHandle(input.handle, Prisma.sql`actor cross join owned where owned.n < ${maxCharactersPerOwner}::int and ${namesAreFree(naming)}`)}),
    made as (${insertCharacter(
      {
        id: Prisma.sql`${uuidv7()}::uuid`,
        handle: Prisma.sql`name.handle`,
        isAssistant: false,
        values: {
          name: Prisma.sql`${input.name}`,
          tagline: Prisma.sql`${input.tagline}`,
          avatar: Prisma.sql`${JSON.stringify(avatar)}::jsonb`,
          systemPrompt: Prisma.sql`${input.systemPrompt}`,
          model: Prisma.sql`${input.model}`,
          temperature: Prisma.sql`${input.temperature}::float8`,
          greeting: Prisma.sql`${input.greeting}`,
          tools: Prisma.sql`${[...new Set(input.tools ?? [])]}::text[]`,
          ...(input.card && { card: Prisma.sql`${JSON.stringify(input.card)}::jsonb` }),
          ownerId: Prisma.sql`actor.id`,
        },
      },
      Prisma.sql`name cross join actor`,
    )})
    select exists (select 1 from actor) as active, (select n from owned) as owned, (select ${characterJson('made')} from made) as character`);
  if (row?.character) return characterDetails(row.character, { userId: actor.userId, role: 'user' });
  if (!row?.active) return await refuseInactive(deps, actor);
  if (row.owned >= maxCharactersPerOwner) {
    throw new AppError('FORBIDDEN', `You have ${maxCharactersPerOwner} characters, which is the most. Delete one first.`);
  }
  // If it is not the handle itself that is taken, somebody took a name that looks alike since.
  await refuseMisleadingName(deps, naming);
  throw new AppError('USERNAME_TAKEN', undefined, { field: 'handle' });
}
