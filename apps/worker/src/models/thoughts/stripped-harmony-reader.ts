import { maxReplyBytes } from '@parley/contracts';
import { afterWord, beforeWord, type HarmonyPart } from './harmony-reader.js';

/** What stands before the thought once the marks are gone; the role where the server's template does not write it into the prompt. */
const beginnings = ['analysis', 'assistantanalysis'];
/** What stands between the thought and the answer. */
const final = 'assistantfinal';
/** What a thought begins with. A sentence has no capital and no quotation mark directly behind the word `analysis`. */
const thoughtBegins = /^[\p{Lu}"“]/u;

/**
 * Reads gpt-oss's own form where a server has stripped its marks as special tokens, and left the words between them:
 * `analysisWe need to …assistantfinalNine.` Only a text that begins so is of this form, and only what stands before the first
 * `assistantfinal` is thought. Without that word nothing says that there was a thought: the text comes out as it is, at its end.
 *
 * Give its text to `HarmonyReader`, which reads the form with its marks.
 */
export class StrippedHarmonyReader {
  readonly #maxHeldUnits: number;
  /** `beginning`: it cannot be told yet. `thought`: the beginning was found, and the end of the thought was not. */
  #state: 'beginning' | 'thought' | 'plain' = 'beginning';
  #held = '';
  /** The end of the text so far that may belong to {@link final}, with the character before it. */
  #tail = '';

  /** @param maxHeldUnits the most UTF-16 units kept in case that the thought is none. @default as many as an answer has bytes */
  constructor(maxHeldUnits = maxReplyBytes) {
    this.#maxHeldUnits = maxHeldUnits;
  }

  *push(chunk: string): Generator<HarmonyPart, void> {
    if (chunk === '') return;
    if (this.#state === 'plain') yield { text: chunk };
    else if (this.#state === 'thought') yield* this.#think(chunk, false);
    else {
      this.#held += chunk;
      const begun = this.#held.trimStart();
      const found = beginnings.find((each) => begun.startsWith(each));
      const behind = found === undefined ? '' : begun.slice(found.length);
      if (behind !== '' && thoughtBegins.test(behind)) {
        this.#state = 'thought';
        this.#held = this.#held.slice(0, -behind.length);
        yield* this.#think(behind, false);
      } else if (behind !== '' || this.#held.length > maxLeadUnits || !beginnings.some((each) => each.startsWith(begun)))
        yield* this.#giveUp();
    }
  }

  /** @param cut true if a limit ended the text: the end of the thought may be what was cut off */
  *end(cut: boolean): Generator<HarmonyPart, void> {
    if (this.#state === 'thought') yield* this.#think('', true);
    if (this.#state === 'thought' && cut) yield 'thought';
    else if (this.#state !== 'plain') yield* this.#giveUp();
  }

  *#giveUp(): Generator<HarmonyPart, void> {
    this.#state = 'plain';
    if (this.#held !== '') yield { text: this.#held };
    this.#held = '';
  }

  *#think(chunk: string, last: boolean): Generator<HarmonyPart, void> {
    if (this.#held.length < this.#maxHeldUnits) this.#held += chunk.slice(0, this.#maxHeldUnits - this.#held.length);
    const text = this.#tail + chunk;
    /** Where what is not decided yet begins. */
    let open = text.length - final.length - 1;
    for (let at = text.indexOf(final); at >= 0; at = text.indexOf(final, at + 1)) {
      const next = text[at + final.length];
      if (next === undefined && !last) break;
      // With a blank or a mark on both sides it is a word of the thought.
      const isWord = at > 0 && beforeWord.includes(text[at - 1]!) && next !== undefined && (next === '\n' || afterWord.includes(next));
      if (isWord) {
        open = Math.max(open, at + 1);
        continue;
      }
      this.#state = 'plain';
      this.#held = '';
      yield 'thought';
      if (next !== undefined) yield { text: text.slice(at + final.length) };
      return;
    }
    this.#tail = text.slice(Math.max(open, 0));
  }
}

/** How many units of white space may stand before the beginning. */
const maxLeadUnits = 1_024;
