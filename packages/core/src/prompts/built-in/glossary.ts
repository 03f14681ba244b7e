import type { Steps } from '@parley/contracts';
import type { PromptContext, PromptMessage } from '../prompt-context.js';
import { isFunctionWord } from './function-words.js';
import { escapeMarkdown, plainText, sourceLink } from './markdown.js';
import { clip, isCall } from './summary.js';
import { cut, foldedWords, splitSentences } from './tokenize.js';

const maxTerms = 8;
const maxQuoteLength = 160;
/** UTF-16 units read in all: a glossary must not hold up the replies beside it. */
const maxUnits = 200_000;

/** More of a word is not compared, in UTF-16 units. */
const maxWord = 64;

interface Term {
  /** The term as it was written first. */
  written: string;
  /** The messages that use the term, in order. */
  uses: { message: PromptMessage; sentence: string }[];
}

/**
 * What Lin says without a model: that translating needs a model, and the words that this room keeps using. Each word comes with the
 * sentence that used it first, because a translator needs that. If the question names such words, only those are listed.
 *
 * @param howToGetAModel one sentence, without its full stop
 */
export function* glossary(context: PromptContext, question: string, howToGetAModel: string): Steps<string> {
  const cannot = `I cannot translate or define anything on the built-in model: it only finds what was said here. For translations, ${howToGetAModel}.`;
  const terms = yield* termsOf(context);
  const wanted = new Set(foldedWords(question.slice(0, 1_000)).map(cut));
  const named = [...terms.entries()].filter(([key]) => wanted.has(key)).map(([, term]) => term);
  const shown = named.length > 0 ? named : keyTerms(terms);
  if (shown.length === 0) return cannot;
  const newest = context.messages.at(-1)!.createdAt;
  const intro =
    named.length > 0
      ? 'How this room uses it, with how many messages do:'
      : 'What I can do is list the words this room keeps using, with how many messages do and where they were first said:';
  // Words that were first used in the same sentence share a line.
  const lines = new Map<string, string[]>();
  for (const { written, uses } of shown.slice(0, maxTerms)) {
    const [{ message, sentence }] = uses as [Term['uses'][number]];
    const source = `“${escapeMarkdown(clip(sentence, maxQuoteLength))}” ${sourceLink(message, newest)}`;
    lines.set(source, [...(lines.get(source) ?? []), `**${escapeMarkdown(written)}** (${uses.length})`]);
  }
  return [cannot, '', intro, '', ...[...lines].map(([source, words]) => `- ${words.join(', ')}: ${source}`)].join('\n');
}

/** Every word that carries meaning, by its index term. */
function* termsOf(context: PromptContext): Steps<Map<string, Term>> {
  const terms = new Map<string, Term>();
  let left = maxUnits;
  const spoken = context.messages.filter((message) => !message.fromCharacter && !isCall(message, context));
  // If not all messages can be read, read the newest.
  const read: PromptMessage[] = [];
  for (const message of spoken.toReversed()) {
    left -= message.content.length;
    if (left < 0) break;
    read.unshift(message);
  }
  for (const message of read) {
    const seen = new Set<string>();
    for (const sentence of yield* splitSentences(yield* plainText(message.content))) {
      for (const written of sentence.match(/[\p{L}\p{N}][\p{L}\p{M}\p{N}_'’-]*/gu) ?? []) {
        const [word] = foldedWords(written.slice(0, maxWord));
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

/** The terms used in more than one message, the most used first; a name or a compound (capitals, digits, dashes) counts double. */
function keyTerms(terms: Map<string, Term>): Term[] {
  const weight = ({ written, uses }: Term): number => uses.length * (/\p{Lu}.*\p{Lu}|\d|[_-]/u.test(written) ? 2 : 1);
  return [...terms.values()].filter(({ uses }) => uses.length > 1).toSorted((a, b) => weight(b) - weight(a));
}

/** English words that every conversation repeats and no glossary needs. */
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
