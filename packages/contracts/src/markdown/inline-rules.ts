import type { Tokenizer } from 'marked';

/** Punctuation that no address has in it as it is, such as `，` and `”`. */
const foreignSign = /(?![\0-\x7f])[\p{P}\p{Z}]/u;
const signBeforeStar = /(?![\0-\x7f])\p{P}(?=\*)/gu;
const starsInQuotes = /([!-)+-/:-@[-`{-~]\*{1,3})[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]/g;
const linesEnd = /([^\s_]_{1,3})[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]/g;
const unspaced = /^[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]/;

/** The longest piece of mathematics between `\(` and `\)`, or `\[` and `\]`, in UTF-16 units. */
const maxMaths = 1_000;

/**
 * Where CommonMark takes spaces for granted, or letters to be ASCII, or knows no mathematics:
 *
 * - An address ends at punctuation that is not ASCII, and its host may have any letters: `看https://例え.jp/中文，然后`.
 * - Stars are emphasis between a sign and a letter of a script without spaces: `**“重要”**的`.
 * - So are low lines, if one side is the edge of a word as CommonMark has it: `_重要_的`, `他说_重要_。`. Where neither is, as in
 *   `用户_名称_表`, they may be part of a name and stay.
 * - Mathematics as models write it, `\(x_1\)` and `\[x_1\]`, stays as it was written. `\[x\](y)` is a link that was escaped.
 */
export function useInlineRules(tokenizer: Tokenizer): void {
  const url = tokenizer.url.bind(tokenizer);
  tokenizer.url = (source) => {
    if (!/^(?:https?:\/\/|www\.)/i.test(source)) return url(source);
    const [written] = /^[^\s<]*/.exec(source)!;
    const end = written.search(foreignSign);
    // The rule knows ASCII alone, and finds out where the address ends: it reads each other letter as an `a`.
    const token = url((end < 0 ? written : written.slice(0, end)).replace(/[^\0-\x7f]/g, 'a'));
    if (!token) return undefined;
    const raw = source.slice(0, token.raw.length);
    const href = token.href.slice(0, token.href.length - raw.length) + raw;
    return { ...token, raw, text: raw, href, tokens: [{ type: 'text', raw, text: raw, escaped: false }] };
  };

  const emStrong = tokenizer.emStrong.bind(tokenizer);
  /** What was read last, and how: the rule is tried at each star of one text. */
  let known = { masked: '', read: '' };
  tokenizer.emStrong = (source, masked, before = '') => {
    if (source[0] === '_') {
      return unspaced.test(before) ? emStrong(source, masked, '') : emStrong(source, masked.replace(linesEnd, '$1.'), before);
    }
    if (source[0] !== '*') return emStrong(source, masked, before);
    // What stands beside the stars is read as a letter or a sign of ASCII would be. The length stays.
    if (masked !== known.masked) {
      known = { masked, read: masked.replace(signBeforeStar, (sign) => 'x'.repeat(sign.length)).replace(starsInQuotes, '$1.') };
    }
    return emStrong(source, known.read, unspaced.test(before) ? '' : before);
  };
  const escape = tokenizer.escape.bind(tokenizer);
  tokenizer.escape = (source) => {
    const raw = mathsAt(source);
    return raw === null ? escape(source) : { type: 'escape', raw, text: raw };
  };
}

/** The mathematics that a text begins with; null if it begins with something else. */
function mathsAt(source: string): string | null {
  const close = source.startsWith('\\(') ? '\\)' : source.startsWith('\\[') ? '\\]' : null;
  const end = close === null ? -1 : source.slice(0, maxMaths).indexOf(close, 3);
  return end < 0 || (close === '\\]' && /[([:]/.test(source[end + 2] ?? '')) ? null : source.slice(0, end + 2);
}
