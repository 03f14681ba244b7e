export type TextPart = { text: string; mention: boolean };

const mention = /(?<![\w@/.`-])@([a-z0-9](?:[a-z0-9_-]|\.(?=[a-z0-9])){1,31})(?![\w-])/gi;

/** Splits text at mentions of handles that `known` accepts. Any other handle stays text. */
export function splitMentions(text: string, known: (handle: string) => boolean): TextPart[] {
  if (!text.includes('@')) return [{ text, mention: false }];
  const parts: TextPart[] = [];
  let end = 0;
  for (const match of text.matchAll(mention)) {
    if (!known(match[1]!.toLowerCase())) continue;
    if (match.index > end) parts.push({ text: text.slice(end, match.index), mention: false });
    parts.push({ text: match[0], mention: true });
    end = match.index + match[0].length;
  }
  if (end < text.length) parts.push({ text: text.slice(end), mention: false });
  return parts;
}
