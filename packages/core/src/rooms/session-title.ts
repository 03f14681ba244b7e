import { cutText, roomNameSchema } from '@parley/contracts';

/** The longest title, in UTF-16 units: lists show less of it. */
const maxLength = 60;

/** What a name may not have, beside spaces of all kinds. */
const unprintable = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069\s]+/gu;

/** How a conversation of a program is called where rooms are listed: by the first words said in it, else by the program's name for it. */
export function sessionTitle(firstMessage: string, sessionId: string): string {
  for (const text of [firstMessage, sessionId]) {
    const words = text
      .slice(0, 4 * maxLength)
      .toWellFormed()
      .replaceAll(unprintable, ' ')
      .trim()
      .normalize('NFC');
    const title = words.length > maxLength ? `${cutText(words, maxLength).trimEnd()}…` : words;
    const name = roomNameSchema.safeParse(title);
    if (name.success) return name.data;
  }
  return 'Conversation';
}
