import { maxReplyBytes } from '@parley/contracts';
import { CodeTracker } from './code-tracker.js';
import { afterWord, beforeWord, HarmonyReader, type HarmonyPart } from './harmony-reader.js';
import { StrippedHarmonyReader } from './stripped-harmony-reader.js';

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
  /** Called with what stands between the tags of a thought, as it comes; it may turn out to be the answer where no tag closes it. @default nobody listens */
  onThought?: (thought: string) => void;
}

/**
 * The tags around thoughts, by the bracket that begins them: those of DeepSeek, Qwen and their kin, of Claude when it is asked to think
 * aloud, and of Gemma; Mistral's `[THINK]`, in capitals alone, because links stand in such brackets; Kimi's `◁think▷`.
 */
const tagForms: Record<string, { end: string; names: readonly string[]; inAnyCase: boolean }> = {
  '<': { end: '>', names: ['think', 'thinking', 'thought'], inAnyCase: true },
  '[': { end: ']', names: ['THINK'], inAnyCase: false },
  '◁': { end: '▷', names: ['think'], inAnyCase: false },
};
const longestName = Math.max(...Object.values(tagForms).flatMap(({ names }) => names.map((name) => name.length)));
/** How many spaces may stand before the bracket that ends a tag. */
const maxTagSpaces = 3;
/** How many units of white space are kept back at the beginning of an answer, in case a thought follows. */
const maxLeadUnits = 1_024;
/** How far behind a closing tag in a span of code the end of that span is looked for, in units. */
const maxSpanUnits = 1_024;

/**
 * Separates a model's answer from the thoughts between tags in its content, however the content is cut into pieces. Thoughts may be
 * nested, stand anywhere, and lack their opening tag: what stands before such a closing tag is thought. Tags are text in code, and
 * where a sentence speaks of them: within a line, with a blank or a mark on both sides. A closing tag that follows a word directly ends a
 * thought (`so nine.</think>Nine.`), unless an opening one was spoken of before it. What gpt-oss writes in its own form is read by
 * {@link StrippedHarmonyReader} and {@link HarmonyReader} first.
 *
 * Only what may still become a tag is kept back, at most fifteen units and an attribute, and white space at the beginning of the answer. So
 * text goes on at once, also with a `<` in it. The price: if the first tag is a closing one, text given earlier must be taken back.
 */
export class ThoughtScanner {
  readonly #maxHeldUnits: number;
  readonly #onThought: ((thought: string) => void) | undefined;
  /** The beginning of a tag, at the end of what was pushed, and what had to be known of the text after a tag. */
  #unfinished = '';
  /** How many thoughts are open, one in the other. */
  #depth = 0;
  /** In a thought of several levels: what came after the last closing tag. It is the answer if the outer levels are never closed. */
  #sinceClosing: string | null = null;
  /**
   * In a thought that began within a line of the answer, after a blank: that tag and all after it. They are the answer if no tag closes
   * the thought, because then a sentence spoke of the tag.
   */
  #sinceOpening: string | null = null;
  /** Text of which it is not known whether it is thought; null if text goes on at once. */
  #held: string | null;
  #heldIsBlank = true;
  /** In which piece of code of the held text tags were last found, and how many opening ones without their closing ones. */
  #tagsInCode = { piece: 0, open: 0 };
  /** White space at the beginning, not given yet; null once the answer has begun. */
  #lead: string | null = '';
  /** True if a thought came before the answer: white space between them belongs to neither. */
  #dropsLead = false;
  #given = false;
  #sawTag = false;
  /** How many opening tags the answer spoke of, less the closing ones. */
  #spokenOf = 0;
  readonly #stripped: StrippedHarmonyReader;
  readonly #harmony = new HarmonyReader();
  #foundUnopened = false;
  /** Where the text ends that may be the answer, be it given or held. */
  #place = new TextPlace();
  /** The last character of the thought that is open. */
  #lastThought = '';

  constructor({ startsUnopened = false, maxHeldUnits = maxReplyBytes, onThought }: ThoughtScannerOptions = {}) {
    this.#onThought = onThought;
    this.#maxHeldUnits = maxHeldUnits;
    this.#stripped = new StrippedHarmonyReader(maxHeldUnits);
    this.#held = startsUnopened ? '' : null;
  }

  /** True if the content began with a thought that no tag opened. */
  get foundUnopened(): boolean {
    return this.#foundUnopened;
  }

  push(chunk: string): ScannedText {
    const piece: ScannedText = { takenBack: false, text: '' };
    this.#read(this.#stripped.push(chunk), piece);
    return this.#give(piece);
  }

  /** Call this when the provider sent a thought in a field of its own: its content then begins with the answer. */
  thoughtCameApart(): ScannedText {
    const piece: ScannedText = { takenBack: false, text: '' };
    this.#apart(piece);
    return this.#give(piece);
  }

  #read(parts: Iterable<HarmonyPart>, piece: ScannedText): void {
    for (const part of parts) {
      if (part === 'thought') this.#apart(piece);
      else this.#readMarked(this.#harmony.push(part.text), piece);
    }
  }

  #readMarked(parts: Iterable<HarmonyPart>, piece: ScannedText): void {
    for (const part of parts) {
      if (part === 'thought') this.#apart(piece);
      else this.#scan(this.#unfinished + part.text, false, piece);
    }
  }

  #apart(piece: ScannedText): void {
    this.#sawTag = true;
    if (this.#lead !== null) this.#dropsLead = true;
    this.#release(piece);
  }

  /**
   * Ends the content.
   *
   * @param cut true if the model did not end it itself, because a limit did for example. What may be thought then is thought: its
   * closing tag may be what was cut off
   */
  end(cut: boolean): ScannedText {
    const piece: ScannedText = { takenBack: false, text: '' };
    this.#read(this.#stripped.end(cut), piece);
    this.#readMarked(this.#harmony.end(), piece);
    this.#scan(this.#unfinished, true, piece);
    const rest = this.#sinceOpening ?? this.#sinceClosing;
    if (this.#depth > 0 && rest !== null && !cut) {
      // The tags do not match. Either a sentence spoke of the opening one, or the last closing one ended all levels of a thought.
      const levels = this.#sinceOpening === null;
      this.#depth = 0;
      if (levels) this.#held = null;
      if (levels && !this.#given) this.#answerFollows();
      this.#take(rest, piece);
    }
    this.#depth = 0;
    if (cut) this.#held = null;
    this.#release(piece);
    if (this.#lead !== null && !this.#dropsLead) piece.text += this.#lead;
    this.#lead = null;
    return this.#give(piece);
  }

  /** @param last true if nothing follows the content */
  #scan(content: string, last: boolean, piece: ScannedText): void {
    this.#unfinished = '';
    let at = 0;
    while (at < content.length) {
      let bracket = at;
      while (bracket < content.length && tagForms[content.charAt(bracket)] === undefined) bracket++;
      this.#take(content.slice(at, bracket), piece);
      if (bracket === content.length) return;
      const found = this.#tagAt(content, bracket, last);
      if (found === 'unfinished') {
        this.#unfinished = content.slice(bracket);
        return;
      }
      at = bracket + found.length;
      this.#spokenOf += found.spoken ?? 0;
      if (found.kind === 'text') this.#take(content.slice(bracket, at), piece);
      else if (found.kind === 'closing') this.#close(piece);
      else this.#open(content.slice(bracket, at), found.kind === 'maybe opening');
      this.#sawTag ||= found.kind !== 'text';
    }
  }

  /** What stands at the bracket. It is unfinished if this depends on what follows the content. */
  #tagAt(content: string, bracket: number, last: boolean): FoundTag | 'unfinished' {
    const text = (length: number): FoundTag => ({ kind: 'text', length });
    const inThought = this.#depth > 0;
    // In code that was given, nothing is kept back; in what is held, code needs care, because a thought may leave it open.
    if (!inThought && this.#held === null && this.#place.inCode) return text(1);
    const tag = readTag(content, bracket);
    if (tag === 'none') return text(1);
    if (tag === 'unfinished') return last ? text(content.length - bracket) : tag;
    const { closes, length } = tag;
    const next = content[bracket + length];
    const isKnown = next !== undefined || last;
    if (inThought) {
      if (!(closes ? this.#lastThought === '`' : beforeWord.includes(this.#lastThought) && this.#lastThought !== ''))
        return { kind: closes ? 'closing' : 'opening', length };
      if (!isKnown) return 'unfinished';
      const isWord = closes ? next === '`' : next !== undefined && afterWord.includes(next);
      return isWord ? text(length) : { kind: closes ? 'closing' : 'opening', length };
    }
    if (this.#held !== null && this.#place.inCode) return this.#tagInHeldCode(tag, content, bracket, last);
    if (this.#place.lineIsBlank) return { kind: closes ? 'closing' : 'opening', length };
    if (closes && this.#held === null && !this.#sawTag) {
      if (this.#spokenOf > 0) return { ...text(length), spoken: -1 };
      if (!isKnown) return 'unfinished';
      // Only a tag with a blank or a mark on both sides is a word of its sentence; one that nothing follows has no answer behind it.
      const isWord = next === undefined || (beforeWord.includes(this.#place.last) && (next === '\n' || afterWord.includes(next)));
      return isWord ? text(length) : { kind: 'closing', length };
    }
    // A tag that is held ends a thought wherever it stands, and one that follows a word directly is none itself.
    if ((closes && this.#held !== null) || !beforeWord.includes(this.#place.last)) return { kind: closes ? 'closing' : 'opening', length };
    if (!isKnown) return 'unfinished';
    if (next === undefined || afterWord.includes(next)) return { ...text(length), spoken: closes ? 0 : 1 };
    return { kind: closes ? 'closing' : 'maybe opening', length };
  }

  /**
   * What a tag is in code of which it is not known whether it is thought. It is code, unless it ends the thought: it closes nothing that
   * this code opened, and its span has no end in this line.
   */
  #tagInHeldCode({ closes, length }: Tag, content: string, bracket: number, last: boolean): FoundTag | 'unfinished' {
    const { piece } = this.#place;
    if (piece !== this.#tagsInCode.piece) this.#tagsInCode = { piece, open: 0 };
    if (!closes) this.#tagsInCode.open++;
    else if (this.#tagsInCode.open > 0) this.#tagsInCode.open--;
    else if (this.#place.inFence) return { kind: 'closing', length };
    else {
      let at = bracket + length;
      const bound = at + maxSpanUnits;
      while (at < content.length && at < bound && content[at] !== '`' && content[at] !== '\n') at++;
      if (at === content.length && at < bound && !last) return 'unfinished';
      if (content[at] !== '`') return { kind: 'closing', length };
    }
    return { kind: 'text', length };
  }

  #take(text: string, piece: ScannedText): void {
    if (text === '') return;
    if (this.#depth > 0) {
      this.#lastThought = text.at(-1)!;
      this.#onThought?.(text);
      if (this.#sinceClosing !== null) this.#sinceClosing = this.#joined(this.#sinceClosing, text);
      if (this.#sinceOpening !== null) this.#sinceOpening = this.#joined(this.#sinceOpening, text);
      return;
    }
    if (this.#held !== null) {
      this.#heldIsBlank &&= text.trim() === '';
      this.#held = this.#joined(this.#held, text);
      this.#place.add(text);
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
    this.#place.add(rest);
    piece.text += rest;
  }

  /** @param tag as it was written @param maybe true if the answer may only speak of it */
  #open(tag: string, maybe: boolean): void {
    if (this.#depth === 0) {
      if (this.#heldIsBlank) this.#held = null;
      if (this.#held === null && this.#lead !== null) this.#answerFollows();
      this.#sinceOpening = maybe ? tag : null;
    } else if (this.#sinceOpening !== null) this.#sinceOpening = this.#joined(this.#sinceOpening, tag);
    this.#depth++;
    this.#lastThought = '';
  }

  #close(piece: ScannedText): void {
    if (this.#depth > 0) {
      this.#depth--;
      this.#sinceClosing = this.#depth > 0 ? '' : null;
      this.#sinceOpening = null;
      this.#lastThought = '';
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
    this.#place = new TextPlace();
  }

  #release(piece: ScannedText): void {
    const held = this.#held;
    if (held === null) return;
    this.#held = null;
    this.#place = new TextPlace();
    this.#take(held, piece);
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

/** Follows a text that comes in pieces, and says where its end stands. */
class TextPlace {
  readonly #code = new CodeTracker();
  /** True while the last line has shown nothing yet. */
  lineIsBlank = true;
  /** The last character. */
  last = '';

  get inCode(): boolean {
    return this.#code.inCode;
  }

  get inFence(): boolean {
    return this.#code.inFence;
  }

  /** Numbers the pieces of code, while the end stands in one. */
  get piece(): number {
    return this.#code.piece;
  }

  add(text: string): void {
    if (text === '') return;
    this.#code.add(text);
    const line = text.slice(text.lastIndexOf('\n') + 1);
    this.lineIsBlank = line.trim() === '' && (this.lineIsBlank || line.length < text.length);
    this.last = text.at(-1)!;
  }
}

interface Tag {
  closes: boolean;
  length: number;
}

/** What stands at a bracket, and how many units it takes. A `maybe opening` tag is text if nothing closes it. */
interface FoundTag {
  kind: 'text' | 'opening' | 'maybe opening' | 'closing';
  length: number;
  /** 1 for an opening tag that its sentence speaks of, -1 for the closing one that belongs to it. @default 0 */
  spoken?: number;
}

/** Reads the tag that begins at the bracket, of which the text may hold only a beginning. */
function readTag(text: string, bracket: number): Tag | 'none' | 'unfinished' {
  const { end, names, inAnyCase } = tagForms[text[bracket]!]!;
  const closes = text[bracket + 1] === '/';
  const nameAt = bracket + (closes ? 2 : 1);
  let at = nameAt;
  while (at < text.length && at - nameAt <= longestName && isLetter(text.charCodeAt(at))) at++;
  const written = text.slice(nameAt, at);
  const name = inAnyCase ? written.toLowerCase() : written;
  if (at === text.length) return names.some((known) => known.startsWith(name)) ? 'unfinished' : 'none';
  if (!names.includes(name)) return 'none';
  const spacesAt = at;
  while (at < text.length && at - spacesAt < maxTagSpaces && (text[at] === ' ' || text[at] === '\n')) at++;
  if (at === text.length) return 'unfinished';
  if (end === '>' && !closes && at > spacesAt) {
    const attribute = readAttribute(text, at);
    if (typeof attribute === 'string') return attribute;
    at = attribute;
    if (at === text.length) return 'unfinished';
  }
  return text[at] === end ? { closes, length: at + 1 - bracket } : 'none';
}

/** The longest attribute of a tag, in units. */
const maxAttributeUnits = 64;

/**
 * Reads an attribute, such as `duration="3"`.
 *
 * @returns where it ends, which is where it begins if there is none
 */
function readAttribute(text: string, begin: number): number | 'none' | 'unfinished' {
  let at = begin;
  while (at < text.length && at - begin < maxAttributeUnits && (isLetter(text.charCodeAt(at)) || text[at] === '-')) at++;
  if (at === begin) return begin;
  for (const sign of ['=', '"']) {
    if (at === text.length) return 'unfinished';
    if (text[at++] !== sign) return 'none';
  }
  while (at < text.length && at - begin < maxAttributeUnits && text[at] !== '"' && text[at] !== '<' && text[at] !== '\n') at++;
  if (at === text.length) return 'unfinished';
  return text[at] === '"' ? at + 1 : 'none';
}

function isLetter(code: number): boolean {
  return (code >= 97 && code <= 122) || (code >= 65 && code <= 90);
}
