import { maxReplyBytes } from '@parley/contracts';
import { CodeTracker } from './code-tracker.js';

/** What a piece of a model's content adds to its answer. */
export interface ScannedText {
  /** True if everything given before was thought after all: forget it, then take {@link text}. */
  takenBack: boolean;
  /** Part of the answer; empty if the piece held only thought, or if it cannot be told yet. */
  text: string;
}

export interface ThoughtScannerOptions {
  /**
   * True for a model that begins with a thought which no tag opens, because its template puts the tag into the prompt. Its text is then
   * kept back until a tag closes the thought. @default false
   */
  startsUnopened?: boolean;
  /** The most UTF-16 units kept back where it cannot be told yet whether they are thought. @default as many as an answer has bytes */
  maxHeldUnits?: number;
}

/** The tags around thoughts: those of DeepSeek, Qwen and their kin, of Claude when it is asked to think aloud, and of Gemma. */
const tagNames = ['think', 'thinking', 'thought'];
const longestName = Math.max(...tagNames.map((name) => name.length));
/** How many spaces may stand before the `>` of a tag. */
const maxTagSpaces = 3;
/** How many units of white space are kept back at the beginning of an answer, in case a thought follows. */
const maxLeadUnits = 1_024;

/**
 * Separates a model's answer from the thoughts between tags in its content, however the content is cut into pieces. Thoughts may be
 * nested, stand anywhere, and lack their opening tag: what stands before such a closing tag is thought. In code, tags are text.
 *
 * Only what may still become a tag is kept back, at most fifteen units, and white space at the beginning of the answer. So text goes on at
 * once, also with a `<` in it. The price: if the first tag is a closing one, text given earlier must be taken back.
 */
export class ThoughtScanner {
  readonly #maxHeldUnits: number;
  /** The beginning of a tag, at the end of what was pushed. */
  #unfinished = '';
  /** How many thoughts are open, one in the other. */
  #depth = 0;
  /** In a thought of several levels: what came after the last closing tag. It is the answer if the outer levels are never closed. */
  #sinceClosing: string | null = null;
  /** Text of which it is not known whether it is thought; null if text goes on at once. */
  #held: string | null;
  #heldIsBlank = true;
  /** White space at the beginning, not given yet; null once the answer has begun. */
  #lead: string | null = '';
  /** True if a thought came before the answer: white space between them belongs to neither. */
  #dropsLead = false;
  #given = false;
  #sawTag = false;
  #foundUnopened = false;
  #code = new CodeTracker();

  constructor({ startsUnopened = false, maxHeldUnits = maxReplyBytes }: ThoughtScannerOptions = {}) {
    this.#maxHeldUnits = maxHeldUnits;
    this.#held = startsUnopened ? '' : null;
  }

  /** True while the line of the answer that is being written has shown nothing yet. */
  #lineIsBlank = true;

  /** True if the content began with a thought that no tag opened. */
  get foundUnopened(): boolean {
    return this.#foundUnopened;
  }

  push(chunk: string): ScannedText {
    const piece: ScannedText = { takenBack: false, text: '' };
    const content = this.#unfinished + chunk;
    this.#unfinished = '';
    let at = 0;
    while (at < content.length) {
      const bracket = content.indexOf('<', at);
      this.#take(content.slice(at, bracket === -1 ? undefined : bracket), piece);
      if (bracket === -1) break;
      const tag = this.#depth === 0 && this.#held === null && this.#code.inCode ? 'none' : readTag(content, bracket);
      if (tag === 'unfinished') {
        this.#unfinished = content.slice(bracket);
        break;
      }
      if (tag === 'none') {
        this.#take('<', piece);
        at = bracket + 1;
      } else {
        at = bracket + tag.length;
        // A closing tag within a line of an answer without thoughts is a word of it: the tag that ends a thought begins its line.
        if (tag.closes && this.#depth === 0 && this.#held === null && !this.#sawTag && !this.#lineIsBlank) {
          this.#take(content.slice(bracket, at), piece);
          continue;
        }
        if (tag.closes) this.#close(piece);
        else this.#open();
        this.#sawTag = true;
      }
    }
    return this.#give(piece);
  }

  /** Call this when the provider sent a thought in a field of its own: its content then begins with the answer. */
  thoughtCameApart(): ScannedText {
    const piece: ScannedText = { takenBack: false, text: '' };
    this.#sawTag = true;
    if (this.#lead !== null) this.#dropsLead = true;
    this.#release(piece);
    return this.#give(piece);
  }

  /** Ends the content. A thought that is still open stays thought. */
  end(): ScannedText {
    const piece: ScannedText = { takenBack: false, text: '' };
    this.#take(this.#unfinished, piece);
    this.#unfinished = '';
    if (this.#depth > 0 && this.#sinceClosing !== null) {
      // The levels do not match: a thought had an opening tag in its prose. The last closing tag ended all of them.
      const answer = this.#sinceClosing;
      this.#depth = 0;
      this.#held = null;
      if (!this.#given) this.#answerFollows();
      this.#take(answer, piece);
    }
    this.#depth = 0;
    this.#release(piece);
    if (this.#lead !== null && !this.#dropsLead) piece.text += this.#lead;
    this.#lead = null;
    return this.#give(piece);
  }

  #take(text: string, piece: ScannedText): void {
    if (text === '') return;
    if (this.#depth > 0) {
      if (this.#sinceClosing !== null) this.#sinceClosing = this.#joined(this.#sinceClosing, text);
      return;
    }
    if (this.#held !== null) {
      this.#heldIsBlank &&= text.trim() === '';
      this.#held = this.#joined(this.#held, text);
      return;
    }
    let rest = text;
    if (this.#lead !== null) {
      const begun = this.#lead + text;
      if (begun.length <= maxLeadUnits && begun.trim() === '') {
        this.#lead = begun;
        return;
      }
      rest = this.#dropsLead ? begun.trimStart() : begun;
      this.#lead = null;
    }
    this.#code.add(rest);
    piece.text += rest;
    const line = rest.slice(rest.lastIndexOf('\n') + 1);
    this.#lineIsBlank = line.trim() === '' && (this.#lineIsBlank || line.length < rest.length);
  }

  #open(): void {
    if (this.#depth === 0) {
      if (this.#heldIsBlank) this.#held = null;
      if (this.#held === null && this.#lead !== null) this.#answerFollows();
    }
    this.#depth++;
  }

  #close(piece: ScannedText): void {
    if (this.#depth > 0) {
      this.#depth--;
      this.#sinceClosing = this.#depth > 0 ? '' : null;
      return;
    }
    // No tag opened this thought, so it began with the content.
    if (!this.#sawTag && (this.#given || this.#held !== null || piece.text !== '')) this.#foundUnopened = true;
    piece.takenBack ||= this.#given;
    piece.text = '';
    this.#given = false;
    this.#held = null;
    this.#answerFollows();
  }

  /** The answer begins only after the thought that has just begun or ended. */
  #answerFollows(): void {
    this.#lead = '';
    this.#dropsLead = true;
    this.#code = new CodeTracker();
  }

  #release(piece: ScannedText): void {
    const held = this.#held;
    this.#held = null;
    if (held !== null) this.#take(held, piece);
  }

  /** Text beyond the bound is dropped: an answer could not hold it either. */
  #joined(held: string, text: string): string {
    return held.length >= this.#maxHeldUnits ? held : held + text.slice(0, this.#maxHeldUnits - held.length);
  }

  #give(piece: ScannedText): ScannedText {
    if (piece.text !== '') this.#given = true;
    return piece;
  }
}

/** Reads the tag that begins at the `<`, of which the text may hold only a beginning. */
function readTag(text: string, bracket: number): { closes: boolean; length: number } | 'none' | 'unfinished' {
  const closes = text[bracket + 1] === '/';
  const nameAt = bracket + (closes ? 2 : 1);
  let at = nameAt;
  while (at < text.length && at - nameAt <= longestName && isLetter(text.charCodeAt(at))) at++;
  const name = text.slice(nameAt, at).toLowerCase();
  if (at === text.length) return tagNames.some((known) => known.startsWith(name)) ? 'unfinished' : 'none';
  if (!tagNames.includes(name)) return 'none';
  const spacesAt = at;
  while (at < text.length && at - spacesAt < maxTagSpaces && (text[at] === ' ' || text[at] === '\n')) at++;
  if (at === text.length) return 'unfinished';
  return text[at] === '>' ? { closes, length: at + 1 - bracket } : 'none';
}

function isLetter(code: number): boolean {
  return (code >= 97 && code <= 122) || (code >= 65 && code <= 90);
}
