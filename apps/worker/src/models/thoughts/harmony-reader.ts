import { CodeTracker } from './code-tracker.js';

/** A part of what a model wrote: text of its answer as it is written, or news that a thought stands before what follows. */
export type HarmonyPart = { text: string } | 'thought';

/** What may stand before a mark that its sentence speaks of, and what may follow it. */
export const beforeWord = ' \t`"\'“‘„«([{*_';
export const afterWord = ' \t`"\'”’»)]}*_.,;:!?/…';

/** What begins a message of this form, and what ends one. */
const names: Record<string, readonly string[]> = { '<|channel|>': ['analysis', 'commentary', 'final'], '<|start|>': ['assistant'] };
const begins = Object.keys(names);
const ends = ['<|end|>', '<|return|>', '<|call|>'];
/** The role, if the model wrote it, and the channel, with what may stand behind it: a recipient, a type. */
const head =
  /^(?:<\|start\|>assistant(?: to=[\w.-]{1,64})?)?(?:<\|channel\|>(analysis|commentary|final)(?: ?(?:to=[\w.-]{1,64}|<\|constrain\|>\w{1,32}))*)?<\|message\|>/;
/** The most units that a head takes. What goes on longer without an end is none. */
const maxHeadUnits = 300;

/**
 * Reads gpt-oss's own form (Harmony) where a server passes it on as it is: `<|channel|>analysis<|message|>…<|end|><|start|>assistant
 * <|channel|>final<|message|>…`. What stands in the channel `final`, or in none, is the answer; the rest is thought. Only a text that
 * begins so is of this form, and its messages end only where another begins or the text ends: an answer may speak of these marks.
 *
 * Whatever is kept back may still become a mark. A text of another form comes out as it is.
 */
export class HarmonyReader {
  /** `beginning`: nothing but white space came so far. `plain`: the text is of another form. */
  #state: 'beginning' | 'plain' | 'head' | 'thought' | 'answer' = 'beginning';
  #unread = '';
  #code = new CodeTracker();

  *push(chunk: string): Generator<HarmonyPart, void> {
    yield* this.#read(this.#unread + chunk, false);
  }

  *end(): Generator<HarmonyPart, void> {
    yield* this.#read(this.#unread, true);
  }

  *#read(content: string, last: boolean): Generator<HarmonyPart, void> {
    let rest = content;
    this.#unread = '';
    while (rest !== '') {
      if (this.#state === 'plain') {
        yield { text: rest };
        return;
      }
      if (this.#state === 'beginning') {
        const text = rest.trimStart();
        if (text.length < rest.length) yield { text: rest.slice(0, rest.length - text.length) };
        rest = text;
        if (rest === '') return;
        this.#state = 'head';
      }
      if (this.#state === 'head') {
        const found = head.exec(rest.slice(0, maxHeadUnits));
        if (!found && !last && mayBeHead(rest)) {
          this.#unread = rest;
          return;
        }
        if (!found) {
          this.#state = 'plain';
          continue;
        }
        rest = rest.slice(found[0].length);
        this.#state = found[1] === undefined || found[1] === 'final' ? 'answer' : 'thought';
        this.#code = new CodeTracker();
        if (this.#state === 'thought') yield 'thought';
        continue;
      }
      const body = this.#endOfBody(rest, last);
      if (body.end > 0 && this.#state === 'answer') yield { text: rest.slice(0, body.end) };
      if (body.next === null) {
        this.#unread = rest.slice(body.end);
        return;
      }
      rest = rest.slice(body.next);
      this.#state = 'head';
    }
  }

  /** @returns where the text of the message ends that is known to be text; and where the next message begins, null if that is not known */
  #endOfBody(text: string, last: boolean): { end: number; next: number | null } {
    let at = 0;
    for (;;) {
      const mark = text.indexOf('<', at);
      const inside = this.#state === 'answer';
      if (inside) this.#code.add(text.slice(at, mark < 0 ? text.length : mark));
      if (mark < 0) return { end: text.length, next: null };
      const rest = text.slice(mark);
      const ended = ends.find((each) => rest.startsWith(each));
      const behind = ended ? rest.slice(ended.length) : rest;
      if (ended && last && behind.trim() === '') return { end: mark, next: text.length };
      const mayGoOn = ended
        ? begins.some((each) => each.startsWith(behind)) || (behind.length < maxHeadUnits && behind.trim() === '')
        : [...ends, ...begins].some((each) => each.startsWith(rest));
      if (mayGoOn && !last) return { end: mark, next: null };
      const code = inside && this.#code.inCode;
      if (!code && begins.some((each) => behind.startsWith(each))) {
        const found = head.test(behind.slice(0, maxHeadUnits));
        if (found) return { end: mark, next: text.length - behind.length };
        if (!last && mayBeHead(behind)) return { end: mark, next: null };
      }
      if (inside) this.#code.add('<');
      at = mark + 1;
    }
  }
}

/** Whether a text that begins a head so far may become a whole one by what follows it. */
function mayBeHead(text: string): boolean {
  if (text.length > maxHeadUnits || text.includes('\n')) return false;
  return Object.entries(names).some(([mark, known]) => {
    if (mark.startsWith(text)) return true;
    const name = text.slice(mark.length);
    return text.startsWith(mark) && known.some((each) => each.startsWith(name) || name.startsWith(each));
  });
}
