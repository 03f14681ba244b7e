import type { PromptContext, PromptMessage } from '../prompt-context.js';
import { isFunctionWord } from './function-words.js';
import { escapeMarkdown, plainText, sourceLink } from './markdown.js';
import { clip, isCall } from './summary.js';
import { cut, foldedWords, splitSentences } from './tokenize.js';

const maxTerms = 8;
const maxQuoteLength = 160;
/** UTF-16 units read in all: a glossary must not hold up the replies beside it. */
const maxUnits = 200_000;

interface Term {
  /** As it was written first. */
  written: string;
  /** Messages that use it, in order. */
  uses: { message: PromptMessage; sentence: string }[];
}

/**
 * What Lin says without a model: plainly, that translating needs one; and the words this room keeps using, each where it was used
 * first, which is what whoever translates it needs. Where the question names such words, only those.
 *
 * @param howToGetAModel one sentence, without its full stop
 */
export function glossary(context: PromptContext, question: string, howToGetAModel: string): string {
  const cannot = `I cannot translate or define anything on the built-in model: it only finds what was said here. For translations, ${howToGetAModel}.`;
  const terms = termsOf(context);
  const wanted = new Set(foldedWords(question).map(cut));
  const named = [...terms.entries()].filter(([key]) => wanted.has(key)).map(([, term]) => term);
  const shown = named.length > 0 ? named : keyTerms(terms);
  if (shown.length === 0) return cannot;
  const newest = context.messages.at(-1)!.createdAt;
  const intro =
    named.length > 0
      ? 'How this room uses it, with how many messages do:'
      : 'What I can do is list the words this room keeps using, with how many messages do and where they were first said:';
  // Words that came up in one sentence stand together.
  const lines = new Map<string, string[]>();
  for (const { written, uses } of shown.slice(0, maxTerms)) {
    const [{ message, sentence }] = uses as [Term['uses'][number]];
    const source = `“${escapeMarkdown(clip(sentence, maxQuoteLength))}” ${sourceLink(message, newest)}`;
    lines.set(source, [...(lines.get(source) ?? []), `**${escapeMarkdown(written)}** (${uses.length})`]);
  }
  return [cannot, '', intro, '', ...[...lines].map(([source, words]) => `- ${words.join(', ')}: ${source}`)].join('\n');
}

/** Every word that carries meaning, by its index term. */
function termsOf(context: PromptContext): Map<string, Term> {
  const terms = new Map<string, Term>();
  let left = maxUnits;
  const spoken = context.messages.filter((message) => !message.fromCharacter && !isCall(message, context));
  // The newest count where not all can be read.
  const read: PromptMessage[] = [];
  for (const message of spoken.toReversed()) {
    left -= message.content.length;
    if (left < 0) break;
    read.unshift(message);
  }
  for (const message of read) {
    const seen = new Set<string>();
    for (const sentence of splitSentences(plainText(message.content))) {
      for (const written of sentence.match(/[\p{L}\p{N}][\p{L}\p{M}\p{N}_'’-]*/gu) ?? []) {
        const [word] = foldedWords(written);
        if (word === undefined || word.length < 4 || /^\d+$/.test(word) || isFunctionWord(word) || isCommonWord(word)) continue;
        const key = cut(word);
        if (seen.has(key)) continue;
        seen.add(key);
        const term = terms.get(key) ?? { written, uses: [] };
        term.uses.push({ message, sentence });
        terms.set(key, term);
      }
    }
  }
  return terms;
}

/** Those used in more than one message, the most used first; a name or a compound (capitals, digits, dashes) counts more. */
function keyTerms(terms: Map<string, Term>): Term[] {
  const weight = ({ written, uses }: Term): number => uses.length * (/\p{Lu}.*\p{Lu}|\d|[_-]/u.test(written) ? 2 : 1);
  return [...terms.values()].filter(({ uses }) => uses.length > 1).toSorted((a, b) => weight(b) - weight(a));
}

/** English words that every conversation repeats and no glossary holds. */
const commonWords = new Set(
  (
    'also just like make makes made want need needs going goes went come comes came good well very much many more most really think thought still ' +
    'back into over only other others same time today tomorrow yesterday week then than again after before first last next take takes took ' +
    'give gives gave look looks sure yeah okay thanks thank sorry maybe perhaps always never every everyone something nothing anything here there'
  ).split(' '),
);

function isCommonWord(word: string): boolean {
  return commonWords.has(word);
}
