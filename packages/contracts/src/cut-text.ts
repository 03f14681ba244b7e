/** Built once, because building one loads ICU's data; it holds no state. */
let graphemes: Intl.Segmenter | undefined;

/** How far behind the cut is looked for what belongs to the sign before it, in UTF-16 units. */
const lookAhead = 64;

/**
 * The beginning of a text, at most `maxLength` UTF-16 units long: the one way to cut a text of people. It never cuts into what a reader
 * sees as one sign, such as a flag, a family or a letter with its accents. Only a text that is one sign is cut between its code points.
 */
export function cutText(text: string, maxLength: number): string {
  if (text.length <= maxLength) return text;
  graphemes ??= new Intl.Segmenter();
  const last = graphemes.segment(text.slice(0, maxLength + lookAhead)).containing(maxLength)!;
  if (last.index > 0) return text.slice(0, last.index);
  const splitsPair = (text.charCodeAt(maxLength - 1) & 0xfc00) === 0xd800;
  return text.slice(0, splitsPair ? maxLength - 1 : maxLength);
}

/** The first signs of a text, as a reader counts them. @param text a name or a word: all of it is looked at */
export function firstSigns(text: string, count: number): string {
  graphemes ??= new Intl.Segmenter();
  let signs = '';
  for (const { segment } of graphemes.segment(text)) if (count-- > 0) signs += segment;
  return signs;
}
