import { crc32, deflateSync, inflateSync } from 'node:zlib';
import { AppError, maxCardBytes } from '@parley/contracts';

/** Pictures that carry a card in a text chunk (PNG, third edition, sections 5 and 11.3.3), as Tavern cards do: base64 of the card's JSON. */

const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
/** The keywords of cards, the one that is preferred first: of V3, and of V2 and before. */
const keywords = ['ccv3', 'chara'] as const;
/** Pictures have some hundred chunks at most; more are no picture. */
const maxChunks = 10_000;
/** The most bytes that the text of a chunk may have, unpacked: base64 is a third longer than what it stands for. */
const maxTextBytes = Math.ceil((maxCardBytes * 4) / 3) + 4;

/**
 * The JSON of the card in a picture.
 *
 * @throws AppError VALIDATION for what is no PNG, is cut, has no card, or has one that is too large, unpacked
 */
export function cardTextOfPng(png: Buffer): string {
  if (!png.subarray(0, signature.length).equals(signature)) throw invalid('This is no PNG.');
  const found = new Map<string, Buffer>();
  let at = signature.length;
  for (let chunks = 0; at < png.length; chunks++) {
    if (chunks >= maxChunks) throw invalid('The picture has too many parts.');
    if (at + 12 > png.length) throw invalid('The picture is cut off.');
    const length = png.readUInt32BE(at);
    const type = png.toString('latin1', at + 4, at + 8);
    const end = at + 8 + length;
    if (end + 4 > png.length) throw invalid('The picture is cut off.');
    const data = png.subarray(at + 8, end);
    if (type === 'IEND') break;
    const text = type === 'tEXt' || type === 'zTXt' || type === 'iTXt' ? cardChunk(type, data) : null;
    // The first of a keyword counts, as other programs read it.
    if (text && !found.has(text.keyword)) found.set(text.keyword, text.text());
    at = end + 4;
  }
  const base64 = keywords.map((keyword) => found.get(keyword)).find((text) => text !== undefined);
  if (!base64) throw invalid('The picture has no character card in it.');
  if (base64.length > maxTextBytes) throw tooLarge();
  return Buffer.from(base64.toString('latin1'), 'base64').toString('utf8');
}

/** A chunk with one of the keywords; null for any other. Nothing of another is unpacked. */
function cardChunk(type: 'tEXt' | 'zTXt' | 'iTXt', data: Buffer): { keyword: string; text: () => Buffer } | null {
  const nul = data.subarray(0, 80).indexOf(0);
  const keyword = nul === -1 ? '' : data.toString('latin1', 0, nul);
  if (!keywords.some((known) => known === keyword)) return null;
  switch (type) {
    case 'tEXt':
      return { keyword, text: () => data.subarray(nul + 1) };
    case 'zTXt':
      return { keyword, text: () => unpacked(data.subarray(nul + 2)) };
    case 'iTXt': {
      // Behind the keyword: whether it is packed, how, a language and a translated keyword, each of which ends with a zero.
      const packed = data[nul + 1] === 1;
      const language = data.indexOf(0, nul + 3);
      const translated = language === -1 ? -1 : data.indexOf(0, language + 1);
      if (translated === -1) throw invalid('The card in this picture is damaged.');
      const text = data.subarray(translated + 1);
      return { keyword, text: () => (packed ? unpacked(text) : text) };
    }
  }
}

function unpacked(packed: Buffer): Buffer {
  try {
    return inflateSync(packed, { maxOutputLength: maxTextBytes });
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE' ? tooLarge() : invalid('The card in this picture is damaged.');
  }
}

/** A picture of one colour with cards in it: V3's, and V2's for programs that know no other. */
export function pngOfCards(cards: Record<(typeof keywords)[number], object>, hue: number): Buffer {
  const side = 256;
  const header = Buffer.alloc(13);
  header.writeUInt32BE(side, 0);
  header.writeUInt32BE(side, 4);
  // Eight bits for each of red, green and blue.
  header.set([8, 2, 0, 0, 0], 8);
  const row = Buffer.concat([Buffer.from([0]), Buffer.alloc(side * 3, Buffer.from(colourOf(hue)))]);
  const rows = deflateSync(Buffer.concat(Array.from({ length: side }, () => row)));
  const texts = keywords.toReversed().map((keyword) => {
    const base64 = Buffer.from(JSON.stringify(cards[keyword])).toString('base64');
    return chunk('tEXt', Buffer.from(`${keyword}\0${base64}`, 'latin1'));
  });
  return Buffer.concat([signature, chunk('IHDR', header), ...texts, chunk('IDAT', rows), chunk('IEND', Buffer.alloc(0))]);
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const frame = Buffer.alloc(8);
  frame.writeUInt32BE(data.length, 0);
  frame.writeUInt32BE(crc32(body), 4);
  return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)]);
}

/** Red, green and blue of a hue, half saturated and half light (CSS Color 4, section 7.1). */
function colourOf(hue: number): number[] {
  return [0, 8, 4].map((n) => {
    const k = (n + hue / 30) % 12;
    return Math.round(255 * (0.5 - 0.25 * Math.max(-1, Math.min(k - 3, 9 - k, 1))));
  });
}

function invalid(message: string): AppError {
  return new AppError('VALIDATION', message, { field: 'png' });
}

function tooLarge(): AppError {
  return new AppError('PAYLOAD_TOO_LARGE', `A card may have at most ${maxCardBytes / 1024} kB.`, { field: 'png' });
}
