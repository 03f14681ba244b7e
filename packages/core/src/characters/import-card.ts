import { AppError, foldText, maxUsernameLength, usernameSchema, type CharacterDetails } from '@parley/contracts';
import type { CoreDeps } from '../deps.js';
import type { Actor } from '../sessions/actor.js';
import { cardTextOfPng } from './cards/card-png.js';
import { characterOf, readCard } from './cards/read-card.js';
import { createCharacter } from './create-character.js';

export interface ImportCardInput {
  /** The card as JSON. Exactly one of this and `png` is given. */
  card?: Record<string, unknown> | undefined;
  /** A picture with a card in it, in base64. */
  png?: string | undefined;
  /** @default made of the character's name */
  handle?: string | undefined;
}

/** How many handles are tried that are made of the name. */
const maxTries = 9;

/**
 * Makes a character of a Tavern card. What the card says stands in the character's instructions as a quote, and the whole card is kept for
 * the export. `cut` names the fields of which only the beginning fits.
 *
 * @throws AppError VALIDATION for what is no card; PAYLOAD_TOO_LARGE; as {@link createCharacter}
 */
export async function importCard(
  deps: Pick<CoreDeps, 'db'>,
  actor: Actor,
  { card: given, png, handle }: ImportCardInput,
): Promise<CharacterDetails & { cut: string[] }> {
  if ((given === undefined) === (png === undefined)) throw new AppError('VALIDATION', 'Send one of card and png.', { field: 'card' });
  const read = png === undefined ? readCard(JSON.stringify(given), 'card') : readCard(cardTextOfPng(Buffer.from(png, 'base64')), 'png');
  const { cut, ...fields } = characterOf(read);
  const make = (name: string) => createCharacter(deps, actor, { handle: name, ...fields, model: null, temperature: null, card: read.card });
  if (handle !== undefined) return { ...(await make(handle)), cut };
  for (let tried = 1; ; tried++) {
    try {
      return { ...(await make(handleOf(fields.name, tried))), cut };
    } catch (error) {
      const taken = AppError.is(error) && error.code === 'USERNAME_TAKEN' && error.details.field === 'handle';
      if (!taken || tried >= maxTries) throw error;
    }
  }
}

/** `Émile the 2nd` → `emile-the-2nd`, and `emile-the-2nd-2` where that is taken. */
function handleOf(name: string, tried: number): string {
  const end = tried === 1 ? '' : `-${tried}`;
  const plain = foldText(name)
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
    .slice(0, maxUsernameLength - end.length);
  const handle = usernameSchema.safeParse(plain + end);
  return handle.success ? handle.data : `character${end}`;
}
