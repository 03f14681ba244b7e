/** How much JSON is parsed at once. Bytes alone say little: 4 MB of `[` take a parser seconds. */
export interface JsonBounds {
  /** Arrays and objects within each other. */
  maxDepth: number;
  /** Members of arrays and objects, all together. */
  maxValues: number;
}

/**
 * What a text exceeds, before it is parsed as JSON; null if it keeps to the bounds. Looks at each sign at most once, and stops at the sign
 * that exceeds. It does not check that the text is JSON.
 */
export function beyondBounds(text: string, { maxDepth, maxValues }: JsonBounds): 'depth' | 'values' | null {
  let depth = 0;
  let values = 0;
  for (let at = 0; at < text.length; at++) {
    switch (text.charCodeAt(at)) {
      case 0x22: // "
        at = endOfString(text, at);
        break;
      case 0x5b: // [
      case 0x7b: // {
        if (++depth > maxDepth) return 'depth';
        if (++values > maxValues) return 'values';
        break;
      case 0x5d: // ]
      case 0x7d: // }
        depth--;
        break;
      case 0x2c: // ,
        if (++values > maxValues) return 'values';
        break;
    }
  }
  return null;
}

/** Where the string that begins at `from` ends; the text's end if it does not. */
function endOfString(text: string, from: number): number {
  for (let at = from + 1; at < text.length; at++) {
    const sign = text.charCodeAt(at);
    if (sign === 0x22) return at;
    if (sign === 0x5c) at++;
  }
  return text.length;
}
