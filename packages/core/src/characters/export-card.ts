import { AppError, may } from '@parley/contracts';
import { Prisma } from '@parley/db';
import type { CoreDeps } from '../deps.js';
import { characterJson, type CharacterRow } from '../protocol/character-rows.js';
import type { Actor } from '../sessions/actor.js';
import { pngOfCards } from './cards/card-png.js';
import { characterOf, isObject } from './cards/read-card.js';

export interface ExportedCard {
  card: Record<string, unknown>;
  /** The picture with the card in it, in base64; null unless asked for. */
  png: string | null;
}

/**
 * A character as a card of version 3. Of one that was imported, the card has all that it had; what was changed here since is in its place.
 *
 * @throws AppError CHARACTER_NOT_FOUND; FORBIDDEN to all but its owner and admins, because the card has the instructions
 */
export async function exportCard(
  { db }: Pick<CoreDeps, 'db'>,
  actor: Pick<Actor, 'userId'>,
  { characterId, format }: { characterId: string; format: 'json' | 'png' },
): Promise<ExportedCard> {
  const [row] = await db.$queryRaw<{ character: CharacterRow; isAdmin: boolean; card: unknown }[]>(Prisma.sql`
    select ${characterJson('ch')} as character, ch.card, u.is_admin as "isAdmin"
    from characters ch join users u on u.id = ${actor.userId}::uuid
    where ch.id = ${characterId}::uuid and ch.deleted_at is null`);
  if (!row) throw new AppError('CHARACTER_NOT_FOUND');
  const { character, isAdmin } = row;
  if (!may('characters.exportCard', { instanceRole: isAdmin ? 'admin' : 'user', own: character.ownerId === actor.userId }))
    throw new AppError('FORBIDDEN', 'Only whoever made this character can export it.');
  const data = dataOf(character, isObject(row.card) ? row.card : null);
  const card = { ...(isObject(row.card) && 'spec' in row.card ? row.card : {}), spec: 'chara_card_v3', spec_version: '3.0', data };
  if (format === 'json') return { card, png: null };
  const older = { spec: 'chara_card_v2', spec_version: '2.0', data };
  return { card, png: pngOfCards({ ccv3: card, chara: older }, character.avatar.hue).toString('base64') };
}

/** The fields that every card has (V3, CharacterCardV3). */
const empty = {
  name: '',
  description: '',
  personality: '',
  scenario: '',
  first_mes: '',
  mes_example: '',
  creator_notes: '',
  system_prompt: '',
  post_history_instructions: '',
  alternate_greetings: [],
  group_only_greetings: [],
  tags: [],
  creator: '',
  character_version: '',
  extensions: {},
};

function dataOf({ name, tagline, systemPrompt, greeting }: CharacterRow, card: Record<string, unknown> | null): Record<string, unknown> {
  const data = card === null ? null : 'spec' in card && isObject(card['data']) ? card['data'] : card;
  if (!card || !data) return { ...empty, name, description: systemPrompt, first_mes: greeting, creator_notes: tagline };
  const before = characterOf({ card, data });
  return {
    ...empty,
    ...data,
    ...(name === before.name ? {} : { name, nickname: name }),
    ...(tagline === before.tagline ? {} : { creator_notes: tagline }),
    ...(greeting === before.greeting ? {} : { first_mes: greeting }),
    // Instructions that were changed here have the quoted fields in them.
    ...(systemPrompt === before.systemPrompt
      ? {}
      : { description: systemPrompt, personality: '', scenario: '', system_prompt: '', post_history_instructions: '', mes_example: '' }),
  };
}
