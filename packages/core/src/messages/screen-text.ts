import { AppError, BlockedWords, maskPlaces, type BlockedWordAction } from '@parley/contracts';
import { refusalBy, type AuthorizedRoom } from '../access/authorized-room.js';
import type { CoreDeps } from '../deps.js';
import { readInTurns } from '../protocol/long-text.js';
import { loadBlockedWords } from '../rooms/blocked-words.js';

/** The words that nobody may say in any room. */
export interface InstanceWords {
  words: readonly string[];
  action: BlockedWordAction;
}

/** What a moderation webhook says of a text. */
export type Verdict =
  | { kind: 'allow' }
  /** `message` is the sentence that whoever wrote it reads; null for the usual one. */
  | { kind: 'refuse'; message: string | null }
  /** It is written, and nobody but moderators sees it. */
  | { kind: 'hide' };

/** A text that is about to be said. */
export interface SaidText {
  room: AuthorizedRoom;
  content: string;
  /** The message that is edited, or the sender's id of a new one: the same text is judged once for each. */
  of: { messageId: string } | { clientId: string };
  replyTo?: string | null | undefined;
}

/** Asks the server's moderation webhook. @throws AppError UNAVAILABLE if there is no verdict and nothing may be said without one */
export type Judge = (said: SaidText) => Promise<Verdict>;

/** Whether a text is to be hidden. @throws AppError MESSAGE_REFUSED, UNAVAILABLE */
export async function hiddenBy(judge: Judge, said: SaidText): Promise<boolean> {
  const verdict = await judge(said);
  if (verdict.kind === 'refuse') throw refusedText(said.room, verdict.message);
  return verdict.kind === 'hide';
}

/** What refuses a text that was judged. @param message null where no sentence says why */
export function refusedText(room: AuthorizedRoom, message: string | null): Error {
  return refusalBy(
    room,
    new AppError('MESSAGE_REFUSED', message ?? 'This text is not allowed here. Say it in other words.', { field: 'content' }),
  );
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
