import type { Steps } from '@parley/contracts';
import type { PromptContext, PromptMessage, PromptNote } from '../prompt-context.js';
import { blockQuote, escapeMarkdown, plainText, sourceLink } from './markdown.js';
import { searchMessages } from './search-messages.js';
import { clip, isCall } from './summary.js';
import { splitSentences } from './tokenize.js';

const maxQuotes = 3;
/** In UTF-16 units. Of a longer message, only the best sentence and what follows it are quoted. */
const maxQuoteLength = 700;

/**
 * Quotes of the messages and notes that answer the question best, best first, each with its source.
 *
 * @returns Markdown; null when none answers it
 */
export function* quoteAnswers(context: PromptContext, question: string): Steps<string | null> {
  const spoken = context.messages.filter((message) => !isCall(message, context));
  const notes = context.notes ?? [];
  const matches = yield* searchMessages(
    [...spoken.map((message) => message.content), ...notes.map(({ text }) => text)],
    question,
    maxQuotes,
  );
  if (matches.length === 0) return null;
  const newest = spoken.at(-1)?.createdAt ?? context.askedAt;
  const quotes: string[] = [];
  for (const { index } of matches) {
    const message = spoken[index];
    quotes.push(message ? yield* quote(message, question, newest) : noteQuote(notes[index - spoken.length]!));
  }
  const what = matches.every(({ index }) => index < spoken.length) ? 'message' : 'find';
  return [openings[what][matches.length === 1 ? 'one' : 'several'], ...quotes].join('\n\n');
}

const openings = {
  message: { one: 'This message fits best:', several: 'These messages fit best:' },
  find: { one: 'This note fits best:', several: 'These fit best:' },
} as const;

function noteQuote({ number, text, name }: PromptNote): string {
  return `${blockQuote(escapeMarkdown(text))}\n\n— *note ${number} of this room, ${escapeMarkdown(name)}*`;
}

function* quote(message: PromptMessage, question: string, newest: string): Steps<string> {
  const text = message.content.length <= maxQuoteLength ? message.content : yield* excerpt(message.content, question);
  return `${blockQuote(text)}\n\n— ${sourceLink(message, newest)}`;
}

/** The best sentence of a long message and what follows it, as far as it fits. */
function* excerpt(content: string, question: string): Steps<string> {
  const sentences = yield* splitSentences(yield* plainText(content));
  const best = (yield* searchMessages(sentences, question, 1))[0]?.index ?? 0;
  let text = sentences[best] ?? content;
  let next = best + 1;
  while (next < sentences.length && text.length + sentences[next]!.length + 1 <= maxQuoteLength) text += ` ${sentences[next++]!}`;
  return `${best > 0 ? '… ' : ''}${escapeMarkdown(clip(text, maxQuoteLength))}${next < sentences.length ? ' …' : ''}`;
}
