import { AppError, BlockedWords, maskPlaces, type BlockedWordAction } from '@parley/contracts';
import type { AuthorizedRoom } from '../access/authorized-room.js';
import type { CoreDeps } from '../deps.js';
import { readInTurns } from '../protocol/long-text.js';
import { loadBlockedWords } from '../rooms/blocked-words.js';

/** The words that nobody may say in any room. */
export interface InstanceWords {
  words: readonly string[];
  action: BlockedWordAction;
}

/**
 * What is said, after blocked words were looked for: those of the instance and those of the room. It is done before anything is written, and
 * where there are no such words it does nothing and asks nobody.
 *
 * @returns the text, perhaps with words masked
 * @throws AppError MESSAGE_REFUSED
 */
export async function screenText(
  deps: Pick<CoreDeps, 'db'>,
  room: AuthorizedRoom,
  content: string,
  instance?: InstanceWords,
): Promise<string> {
  let text = content;
  if (instance && instance.words.length > 0) text = await screenBy(instance, text);
  if (room.filtered) text = await screenBy(await loadBlockedWords(deps, room), text);
  return text;
}

async function screenBy({ words, action }: InstanceWords, text: string): Promise<string> {
  const places = await readInTurns(text, (read) => new BlockedWords(words).find(read));
  if (places.length === 0) return text;
  if (action === 'refuse') throw new AppError('MESSAGE_REFUSED', undefined, { field: 'content' });
  return maskPlaces(text, places);
}
