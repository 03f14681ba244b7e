import { mayCallAt } from '../may-call-at.js';

/** A name with a sign before it, as in `@ada`. */
export interface Mention {
  /** Where the sign stands, in UTF-16 units of the text. */
  index: number;
  /**
   * The handles that may be meant, lower-cased, the longest first: `@ada.lovelace_` means the first of `ada.lovelace_`, `ada.lovelace`
   * and `ada` that somebody in the room has.
   */
  handles: readonly string[];
}

const maxHandleLength = 32;

const sign = /[@＠]([a-z0-9](?:[a-z0-9_-]|\.(?=[a-z0-9]))*)/giu;
/** What makes the name before it another word, or an address such as `@bo@host`. */
const goesOn = /^[\p{sc=Latn}\p{sc=Grek}\p{sc=Cyrl}\p{M}\d_]/u;
const host = /^[@＠]\w/;
/** Three backticks in a line that nothing closes: to whoever wrote them, code begins here. */
export const openFence = '```';

/**
 * Finds the mentions in a run of prose, in the order of the text.
 *
 * @param before what stands right before the run, if that was read as something else: `\@` in `\@@ada`
 */
export function findMentions(text: string, before = ''): Mention[] {
  const mentions: Mention[] = [];
  const whole = before + text;
  const end = `${whole}${openFence}`.indexOf(openFence);
  for (const { index, 0: match, 1: run = '' } of whole.matchAll(sign)) {
    const after = whole.slice(index + match.length, index + match.length + 2);
    if (index < before.length || index >= end || host.test(after) || !mayCallAt(whole, index)) continue;
    const handles = handlesIn(run, !goesOn.test(after));
    if (handles.length > 0) mentions.push({ index: index - before.length, handles });
  }
  return mentions;
}

/** @param complete false if a word goes on after the run, so that only what a dot ends in it is a handle */
function handlesIn(run: string, complete: boolean): string[] {
  const handles: string[] = [];
  for (let end = Math.min(run.length, maxHandleLength); end >= 2; end--) {
    // A handle may end before dots, hyphens and underscores, because sentences and emphasis put these there.
    const isEnd = end === run.length ? complete : run[end] === '.' || (/[a-z0-9]/i.test(run[end - 1]!) && endsIn(run, end, complete));
    if (isEnd && run[end - 1] !== '.') handles.push(run.slice(0, end).toLowerCase());
  }
  return handles;
}

/** True if only hyphens and underscores stand between `from` and the next dot or the end. */
function endsIn(run: string, from: number, complete: boolean): boolean {
  const rest = /^[-_]*/.exec(run.slice(from, from + maxHandleLength))![0].length + from;
  return rest === run.length ? complete : rest > from && run[rest] === '.';
}
