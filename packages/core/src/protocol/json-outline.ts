import { AppError } from '@parley/contracts';

/**
 * What JSON from elsewhere may have. `JSON.parse` takes half a second for two million brackets, commas or colons, whatever their nesting,
 * but a few milliseconds for two million characters in one string. So what is bounded is how many there are, before anything is parsed.
 */
export interface JsonBounds {
  /** Objects and arrays within each other. */
  maxDepth: number;
  /** Brackets, commas and colons outside of strings: about two for each value. */
  maxMarks: number;
}

/** A field of the outermost object: where its value stands in the text, and how many marks are within it. */
export interface JsonField {
  start: number;
  end: number;
  marks: number;
}

/** Characters read between two steps: a millisecond or so. */
const charactersPerStep = 128 * 1024;

const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;
const colon = 0x3a;

/**
 * Reads where the fields of an object stand in a text without parsing it, in steps that each yield how many characters they read. Of what is
 * not JSON some outline is returned: parsing a field says what is wrong. If a key repeats, the last one counts, as in `JSON.parse`.
 *
 * @throws AppError VALIDATION for what is nested too deeply or, with `maxMarks`, has too many values
 */
export function* jsonOutline(
  text: string,
  { maxDepth, maxMarks = Infinity }: Pick<JsonBounds, 'maxDepth'> & Partial<JsonBounds>,
): Generator<number, Map<string, JsonField>, void> {
  const fields = new Map<string, JsonField>();
  let depth = 0;
  let marks = 0;
  let stepStart = 0;
  let key: string | null = null;
  let value: { start: number; marks: number } | null = null;
  let lastString: [start: number, end: number] = [0, 0];

  const endValue = (end: number): void => {
    if (key !== null && value !== null) fields.set(key, { start: value.start, end, marks: marks - value.marks });
    key = null;
    value = null;
  };

  for (let at = 0; at < text.length; at++) {
    if (at - stepStart >= charactersPerStep) {
      yield at - stepStart;
      stepStart = at;
    }
    const code = text.charCodeAt(at);
    switch (code) {
      case quote: {
        const start = at;
        at = endOfString(text, at);
        if (depth === 1) lastString = [start, at + 1];
        continue;
      }
      case 0x5b: // [
      case 0x7b: // {
        if (++depth > maxDepth) throw new AppError('VALIDATION', `Objects and arrays may be nested ${maxDepth} deep.`);
        break;
      case 0x5d: // ]
      case 0x7d: // }
        if (depth === 1) endValue(at);
        depth--;
        break;
      case comma:
        if (depth === 1) endValue(at);
        break;
      case colon:
        if (depth === 1 && value === null) {
          key = keyOf(text, lastString);
          value = { start: at + 1, marks };
        }
        break;
      default:
        continue;
    }
    if (++marks > maxMarks) throw new AppError('VALIDATION', 'There are too many values in it.');
  }
  return fields;
}

/**
 * Parses JSON whose depth and number of values are looked at first.
 *
 * @throws AppError VALIDATION beyond the bounds; SyntaxError
 */
export function parseBoundedJson(text: string, bounds: JsonBounds): unknown {
  checkJsonBounds(text, bounds);
  return JSON.parse(text) as unknown;
}

/** @throws AppError VALIDATION for JSON beyond the bounds */
export function checkJsonBounds(text: string, bounds: JsonBounds): void {
  const steps = jsonOutline(text, bounds);
  while (!steps.next().done);
}

/** Finds the quote that ends the string which begins at `start`; without one, the text's end. */
function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end !== -1; end = text.indexOf('"', end + 1)) {
    let before = end - 1;
    while (text.charCodeAt(before) === backslash) before--;
    if ((end - before) % 2 === 1) return end;
  }
  return text.length;
}

/** The longest key that is looked at, in characters of the text. No field that anyone asks for has a longer one. */
const maxKeyLength = 100;

function keyOf(text: string, [start, end]: [number, number]): string | null {
  if (end - start > maxKeyLength) return null;
  try {
    return String(JSON.parse(text.slice(start, end)));
  } catch {
    return null;
  }
}
