import { cutText, roomNameSchema } from '@parley/contracts';

/** The longest title, in UTF-16 units: it stands behind the character's name, and in sentences. */
const maxLength = 40;

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
    const title = words.length > maxLength ? `${wholeWords(cutText(words, maxLength))}…` : words;
    const name = roomNameSchema.safeParse(title);
    if (name.success) return name.data;
  }
  return 'Conversation';
}

/** Without the last word, which may have been cut, unless much would go with it. */
function wholeWords(text: string): string {
  const end = text.lastIndexOf(' ');
  return end > text.length / 2 ? text.slice(0, end) : text.trimEnd();
}
