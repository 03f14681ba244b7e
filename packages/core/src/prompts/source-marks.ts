import type { MessagePlace } from './prompt-context.js';

/**
 * What a model writes to cite messages, and what the room is shown instead: `[#12]` becomes a link to the twelfth message of the prompt,
 * `[1](#message-<id>)`, or `[1](/rooms/<room>?at=<seq>#message-<id>)` where the answer is of several rooms. The links are numbered in the
 * order in which the answer first cites each message.
 */

/** Stands after a point that names no message: the model's own. The page shows what it means. */
export const ownPointMark = '[*](#no-source)';

/** Where a link to a message leads. @param place of a message of another room than the text's. @default it is of that room */
export function addressOf(id: string, place?: MessagePlace): string {
  return `${place ? `/rooms/${place.roomId}?at=${place.seq}` : ''}#message-${id}`;
}

/** The links that {@link SourceMarks} writes, and {@link ownPointMark}. */
const links = / ?\[(?:\d{1,4}|\*)\]\((?:#no-source|(?:\/rooms\/[\da-f-]{36}\?at=\d{1,10})?#message-([\da-f-]{36}))\)/g;

/** Turns the links of an earlier answer back into marks, so that the model reads what it wrote. What has no number now goes. */
export function linksToMarks(text: string, numbers: ReadonlyMap<string, number>): string {
  return text.replace(links, (_, id: string | undefined) => {
    const number = id === undefined ? undefined : numbers.get(id);
    return number === undefined ? '' : `[#${number}]`;
  });
}

/** The ids of the messages that an answer links to, each once, in the order of the text. */
export function citedMessages(text: string): string[] {
  return [
    ...new Set(
      Array.from(
        text.matchAll(/\]\((?:\/rooms\/[\da-f-]{36}\?at=\d{1,10})?#message-([\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12})\)/g),
        ([, id]) => id!,
      ),
    ),
  ];
}

/** The longest mark, in UTF-16 units: one with some twenty numbers. */
const maxMark = 120;
/** How much of the beginning of a line is looked at to see what it is, in UTF-16 units. */
const maxHead = 24;

/** How the links begin that only {@link SourceMarks} writes. A space within is the end of a link. */
const ownTargets = ['](#message-', '](#no-source', '](/rooms/'];

/** What may become a mark, or a link that the model wrote itself. */
const beginning = /^(?: |\]|\]\(| ?\[(?:#[\d#,;\s\u2013-]*)?)$/;
const mark = /^ ?\[#[\d#,;\s\u2013-]*\d[\d#,;\s\u2013-]*\]$/;
const fence = /^\s{0,12}(?:[-*+]\s+|\d{1,3}[.)]\s+)?(`{3,}|~{3,})/;
const item = /^\s{0,12}(?:[-*+]|\d{1,3}[.)])\s+\S/;
/** The beginning of a line of which it is not yet known whether it goes on with the line before. */
const open = /^\s{0,12}(?:[-*+]|\d{1,3}[.)]?)?\s*$/;
/** The beginning of a line that is no part of a point before it. */
const block = /^\s{0,12}(?:[#>|]|`{3}|~{3})/;

export interface SourceMarksOptions {
  /** Ids of messages by their number, the first of which is 1. It may grow while the text is written. */
  sources: readonly string[];
  /** By id: where sources stand that are of several rooms. @default they are of the room of the text */
  places?: ReadonlyMap<string, MessagePlace> | undefined;
  /** Ids of the messages that the text before cites, in order. @default none */
  cited?: readonly string[] | undefined;
  /** True to put {@link ownPointMark} after the points of lists that cite nothing. @default false */
  marksOwn?: boolean | undefined;
}

/** A point of a list, while it is written. */
interface Point {
  cites: boolean;
  /** False of a rule of three asterisks, which begins as a point does. */
  says: boolean;
  /** The last sign that is no space: a point that ends in a colon is a heading of those below it. */
  last: string;
}

/**
 * Replaces the marks in a text that comes in pieces, however the pieces cut it. A mark that may still grow is kept back, all else is
 * passed on at once. A mark that names no message of the prompt is dropped, and a link to a message that the model wrote itself leads
 * nowhere: only what was checked here is a source. Code stays as it is, but for such links.
 */
export class SourceMarks {
  readonly #sources: readonly string[];
  readonly #places: SourceMarksOptions['places'];
  readonly #marksOwn: boolean;
  /** By id: the number that the answer gives it. */
  readonly #numbers = new Map<string, number>();
  #dropped = 0;
  /** What may become a mark. */
  #kept = '';
  #last = '';
  /** The end of what was passed on as far as one of {@link ownTargets} begins so, in small letters. */
  #tail = '';
  /** Of the line that is being written. */
  #head = '';
  #fence: string | null = null;
  #inCode = false;
  #point: Point | null = null;
  /** The end of a point's line and what follows it, until it is known whether that goes on with the point. */
  #held = '';

  constructor({ sources, places, cited = [], marksOwn = false }: SourceMarksOptions) {
    for (const [at, id] of cited.entries()) this.#numbers.set(id, at + 1);
    this.#sources = sources;
    this.#places = places;
    this.#marksOwn = marksOwn;
  }

  /** How many marks and links named nothing that the model was shown. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Takes the next piece. @returns what is sure by now and was not returned before */
  push(chunk: string): string {
    let out = '';
    for (const sign of chunk) out += this.#take(sign);
    return out;
  }

  /**
   * The text has come to its end. @param whole false where it was cut, so that its last point may have come to a source
   * @returns what was kept back
   */
  end(whole = true): string {
    const kept = this.#kept;
    this.#kept = '';
    const rest = this.#pass(kept);
    const held = this.#held;
    this.#held = '';
    // The spaces and the line's end that a model may end with stay last.
    return rest + (whole ? this.#endPoint() : '') + held;
  }

  #take(sign: string): string {
    if (this.#fence !== null || this.#inCode) return this.#pass(sign);
    const kept = this.#kept + sign;
    const escaped = this.#kept === '' && this.#last === '\\';
    if (!escaped && kept.length <= maxMark && beginning.test(kept)) {
      this.#kept = kept;
      return '';
    }
    this.#kept = '';
    if (mark.test(kept)) return this.#cite(kept);
    if (kept === '](#') {
      this.#dropped++;
      // CommonMark knows no link whose parts a space divides.
      return this.#pass('] (#');
    }
    if (kept.length === sign.length) return this.#pass(sign);
    return this.#pass(kept.slice(0, -sign.length)) + this.#take(sign);
  }

  #cite(text: string): string {
    const numbers = new Set((text.match(/\d+/g) ?? []).map(Number));
    let made = '';
    for (const number of numbers) {
      const id = this.#sources[number - 1];
      if (id === undefined) {
        this.#dropped++;
        continue;
      }
      const shown = this.#numbers.get(id) ?? this.#numbers.size + 1;
      this.#numbers.set(id, shown);
      made += `[${shown}](${addressOf(id, this.#places?.get(id))})`;
    }
    if (made === '') return '';
    // The space goes too: as a note's number, the link stands at the word that it is about.
    const before = this.#continue();
    if (this.#point) this.#point.cites = true;
    this.#last = ')';
    return before + made;
  }

  /** Passes text on in which there is no mark. */
  #pass(text: string): string {
    let out = '';
    for (const sign of text) {
      // Where code ends is known to the reader of the whole text alone, and what was dropped may leave a bracket before a parenthesis.
      if (this.#endsTarget(sign)) {
        this.#dropped++;
        out += this.#passSign(' ');
      }
      out += this.#passSign(sign);
    }
    return out;
  }

  /** Whether the text so far ends with this sign in the beginning of a link that is ours alone to write. */
  #endsTarget(sign: string): boolean {
    if (sign === ']') this.#tail = sign;
    else if (this.#tail !== '') {
      const tail = this.#tail + sign.toLowerCase();
      this.#tail = ownTargets.some((target) => target.startsWith(tail)) ? tail : '';
    }
    return ownTargets.includes(this.#tail);
  }

  #passSign(sign: string): string {
    this.#readCode(sign);
    const out = this.#marksOwn ? this.#readPoint(sign) : sign;
    if (sign === '\n') this.#head = '';
    this.#last = sign;
    return out;
  }

  /** Keeps count of where code begins and ends. Code in a line ends with the line at the latest. */
  #readCode(sign: string): void {
    if (sign === '\n') {
      const found = fence.exec(this.#head)?.[1]?.[0] ?? null;
      if (this.#fence === null) this.#fence = found;
      else if (found === this.#fence) this.#fence = null;
      this.#inCode = false;
      return;
    }
    if (this.#head.length < maxHead) this.#head += sign;
    if (sign === '`' && this.#fence === null) this.#inCode = !this.#inCode;
  }

  #readPoint(sign: string): string {
    if (this.#held !== '') return this.#readAfterPoint(sign);
    if (sign === '\n') {
      if (!this.#point || this.#fence !== null) return sign;
      this.#held = sign;
      return '';
    }
    if (!this.#point && this.#fence === null && item.test(this.#head)) this.#point = { cites: false, says: false, last: '' };
    if (this.#point) read(this.#point, sign);
    return sign;
  }

  #readAfterPoint(sign: string): string {
    this.#held += sign;
    const head = this.#head;
    if (sign !== '\n' && head.length < maxHead && open.test(head)) return '';
    if (sign !== '\n' && !item.test(head) && !block.test(head)) {
      if (this.#point) read(this.#point, sign);
      return this.#continue();
    }
    const out = this.#endPoint() + this.#held;
    this.#held = '';
    this.#point = item.test(head) ? { cites: false, says: word.test(sign), last: sign } : null;
    return out;
  }

  /** What was held is a part of the point. */
  #continue(): string {
    const held = this.#held;
    this.#held = '';
    return held;
  }

  #endPoint(): string {
    const point = this.#point;
    this.#point = null;
    return point?.says && !point.cites && !/[:：]/.test(point.last) ? ownPointMark : '';
  }
}

const word = /[\p{L}\p{N}]/u;

function read(point: Point, sign: string): void {
  if (word.test(sign)) point.says = true;
  if (sign.trim() !== '') point.last = sign;
}
