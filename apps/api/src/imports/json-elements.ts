/** An element of an array, as its text; or, in `problem`, why there is none. */
export type JsonElement = { place: number; text: string } | { place: number; problem: string };

const [quote, backslash, comma, openBrace, closeBrace, openBracket, closeBracket] = [0x22, 0x5c, 0x2c, 0x7b, 0x7d, 0x5b, 0x5d];

/**
 * Yields the elements of an array of JSON one by one, so that a file of any size takes the memory of its largest element. One that is larger
 * than `maxBytes`, or no UTF-8, is passed over. The text of an element is not parsed: it may be no JSON.
 *
 * @throws NotAnArray if the text is no array, or ends before the array does
 */
export async function* jsonElements(chunks: AsyncIterable<Uint8Array>, maxBytes: number): AsyncGenerator<JsonElement, void> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let begun = false;
  let ended = false;
  let first = true;
  let depth = 0;
  let inText = false;
  let escaped = false;
  let place = 0;
  let parts: Uint8Array[] = [];
  let bytes = 0;

  const take = (): JsonElement | null => {
    const [given, size] = [parts, bytes];
    [parts, bytes] = [[], 0];
    if (size > maxBytes) return { place: place++, problem: `is larger than ${Math.floor(maxBytes / 1024)} kB` };
    try {
      const text = decoder.decode(Buffer.concat(given)).trim();
      // `[]`, and a comma before the end.
      if (text === '') return null;
      return { place: place++, text };
    } catch {
      return { place: place++, problem: 'is not UTF-8' };
    }
  };

  for await (const chunk of chunks) {
    let start = 0;
    const hold = (end: number): void => {
      if (end > start && bytes <= maxBytes) parts.push(chunk.slice(start, end));
      bytes += end - start;
    };
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at]!;
      if (!begun) {
        if (isSpace(byte) || (first && (byte === 0xef || byte === 0xbb || byte === 0xbf))) continue;
        first = false;
        if (byte !== openBracket) throw new NotAnArray('it is no list');
        begun = true;
        start = at + 1;
        continue;
      }
      if (ended) {
        if (!isSpace(byte)) throw new NotAnArray('it goes on after its end');
        continue;
      }
      if (escaped) escaped = false;
      else if (inText) {
        if (byte === backslash) escaped = true;
        else if (byte === quote) inText = false;
      } else if (byte === quote) inText = true;
      else if (byte === openBrace || byte === openBracket) depth++;
      else if (depth > 0 && (byte === closeBrace || byte === closeBracket)) depth--;
      else if (depth === 0 && (byte === comma || byte === closeBracket)) {
        hold(at);
        start = at + 1;
        const element = take();
        if (element) yield element;
        ended = byte === closeBracket;
      }
    }
    if (begun && !ended) hold(chunk.length);
  }
  if (!ended) throw new NotAnArray(begun ? 'it is cut off' : 'it is empty');
}

/** The text is no array of JSON. */
export class NotAnArray extends Error {
  override readonly name = 'NotAnArray';
}

function isSpace(byte: number): boolean {
  return byte === 0x20 || (byte >= 0x09 && byte <= 0x0d);
}
