/** A text that is a command, taken apart. */
export interface SplitCommand {
  name: string;
  /** The username behind `/name@`, which says whose command is meant; null without one. */
  bot: string | null;
  /** What stands after the name, trimmed. */
  rest: string;
}

/**
 * Splits a text into the name of a command and what stands after it; null for an ordinary message. A command is a slash at the very
 * start, then a letter; `//` at the start and paths such as `/usr/bin` are ordinary text. `/name@bot` means the command of that bot. Names
 * are case-insensitive.
 */
export function splitCommand(content: string): SplitCommand | null {
  const text = content.trimEnd();
  if (!text.startsWith('/') || !isLetter(text.charCodeAt(1))) return null;
  let nameEnd = 2;
  while (isInName(text.charCodeAt(nameEnd))) nameEnd++;
  let end = nameEnd;
  if (text[nameEnd] === '@') {
    end++;
    while (isInUsername(text.charCodeAt(end))) end++;
    if (end === nameEnd + 1) return null;
  }
  const rest = text.slice(end);
  // The name must end at a space or at the end of the text.
  if (rest !== '' && !isSpace(rest[0]!)) return null;
  return {
    name: text.slice(1, nameEnd).toLowerCase(),
    bot: end === nameEnd ? null : text.slice(nameEnd + 1, end).toLowerCase(),
    rest: rest.trim(),
  };
}

/**
 * Takes a word from the start or the end of a text, whatever its case.
 *
 * @param text without spaces around it
 * @param word in lower case
 * @param where `start` where the text is a sentence, which may end in the word
 */
export function takeWord(text: string, word: string, where: 'start' | 'either' = 'either'): { rest: string; taken: boolean } {
  const { length } = word;
  if (text.length === length) return text.toLowerCase() === word ? { rest: '', taken: true } : { rest: text, taken: false };
  if (text.slice(0, length).toLowerCase() === word && isSpace(text[length]!)) return { rest: text.slice(length).trimStart(), taken: true };
  if (where === 'either' && text.slice(-length).toLowerCase() === word && isSpace(text[text.length - length - 1]!)) {
    return { rest: text.slice(0, -length).trimEnd(), taken: true };
  }
  return { rest: text, taken: false };
}

function isLetter(code: number): boolean {
  return (code >= 97 && code <= 122) || (code >= 65 && code <= 90);
}

function isInName(code: number): boolean {
  return isLetter(code) || (code >= 48 && code <= 57) || code === 45;
}

function isInUsername(code: number): boolean {
  return isInName(code) || code === 46 || code === 95;
}

function isSpace(character: string): boolean {
  return character.trim() === '';
}
