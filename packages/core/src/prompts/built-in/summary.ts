import { cutText, type Steps } from '@parley/contracts';
import type { PromptContext, PromptMessage } from '../prompt-context.js';
import { dayOf, escapeMarkdown, plainText, sourceLink } from './markdown.js';
import { rankSentences } from './rank-sentences.js';
import { settledSentences } from './settled.js';
import { splitSentences, terms } from './tokenize.js';

/** How many sentences are compared with each other; the work grows with the square of this. Long messages lose sentences first. */
const maxSentences = 300;
/** How many UTF-16 units are read in all, and of each message at least: a summary must not hold up the replies beside it. */
const maxUnits = 200_000;
const minUnitsPerMessage = 400;
const minPoints = 3;
const maxPoints = 8;
/** Points for the square root of the sentences: five for a dozen. */
const pointsPerRoot = 1.3;
/** A sentence with fewer words seldom says anything alone: "ok, thanks". */
const minTerms = 3;
const maxPointLength = 320;
/** The most of the points that are given to what seems to be decided. The others say what the talk was about. */
const settledShare = 0.6;
/** How much of a sentence is compared with others, in UTF-16 units: more than is shown of it. */
const maxRanked = 400;

interface Candidate {
  message: PromptMessage;
  text: string;
  terms: string[];
}

/**
 * An extractive summary: whole sentences people wrote, in the order they wrote them, each with its source. Nothing in it is invented.
 * Most of it is what seems to be decided; the other sentences are those that say most about the rest.
 *
 * @param most of the points
 * @returns Markdown; null when there is nothing to summarise
 */
export function* summarise(context: PromptContext, most: number = maxPoints): Steps<string | null> {
  const spoken = context.messages.filter((message) => !isCall(message, context));
  const candidates = yield* collectSentences(spoken);
  if (candidates.length === 0) return null;
  const count = Math.min(most, Math.max(minPoints, Math.round(pointsPerRoot * Math.sqrt(candidates.length))));
  const settled = (yield* settledSentences(candidates)).slice(0, Math.ceil(count * settledShare));
  const ranked = (yield* rankSentences(candidates, count)).filter((index) => !settled.includes(index));
  const points = [...settled, ...ranked]
    .slice(0, count)
    .toSorted((left, right) => left - right)
    .map((index) => candidates[index]!);
  const newest = spoken.at(-1)!.createdAt;
  return [
    heading(spoken),
    '',
    ...points.map(({ message, text }) => `- ${escapeMarkdown(clip(text, maxPointLength))} ${sourceLink(message, newest)}`),
  ].join('\n');
}

/** True for messages that are not what the room talked about: commands, the message that called this character, and its own replies. */
export function isCall(message: PromptMessage, context: PromptContext): boolean {
  return message.own || message.id === context.triggerMessageId || /^\/[a-z]/i.test(message.content);
}

/**
 * Collects sentences in order of time: the first of every message, then the second, and so on until the bound. Sentences with too few
 * words count only if there are no others.
 */
function* collectSentences(messages: readonly PromptMessage[]): Steps<Candidate[]> {
  const unitsPerMessage = Math.max(minUnitsPerMessage, Math.floor(maxUnits / Math.max(1, messages.length)));
  const perMessage: Candidate[][] = [];
  for (const message of messages) {
    const own = yield* splitSentences(yield* plainText(clip(message.content, unitsPerMessage)), 2 * maxSentences);
    perMessage.push(own.map((text) => ({ message, text, terms: terms(text.slice(0, maxRanked)) })));
  }
  const telling = perMessage.map((own) => own.filter((candidate) => candidate.terms.length >= minTerms));
  const source = telling.some((own) => own.length > 0)
    ? telling
    : perMessage.map((own) => own.filter(({ terms: found }) => found.length > 0));
  let depth = 0;
  let taken = 0;
  const longest = source.reduce((most, own) => Math.max(most, own.length), 0);
  while (depth < longest) {
    const more = source.reduce((sum, own) => sum + (own.length > depth ? 1 : 0), 0);
    if (taken + more > maxSentences && depth > 0) break;
    taken += more;
    depth++;
  }
  return source.flatMap((own) => own.slice(0, depth)).slice(-maxSentences);
}

function heading(messages: readonly PromptMessage[]): string {
  const writers = (bots: boolean) =>
    new Set(messages.filter(({ fromCharacter, bot = false }) => !fromCharacter && bot === bots).map(({ handle }) => handle)).size;
  const [people, bots] = [writers(false), writers(true)];
  const authors = [
    ...(people > 0 || bots === 0 ? [counted(people, 'person', 'people')] : []),
    ...(bots > 0 ? [counted(bots, 'bot', 'bots')] : []),
  ].join(' and ');
  const first = messages[0]!.createdAt;
  const last = messages.at(-1)!.createdAt;
  const sameDay = first.slice(0, 10) === last.slice(0, 10);
  const from = sameDay ? `${dayOf(first)}, ${first.slice(11, 16)}` : `${dayOf(first)} ${first.slice(11, 16)}`;
  const to = sameDay ? last.slice(11, 16) : `${dayOf(last)} ${last.slice(11, 16)}`;
  const when = first.slice(0, 16) === last.slice(0, 16) ? from : `${from}–${to}`;
  return `**${counted(messages.length, 'message', 'messages')} by ${authors}**, ${when} UTC. What they said most about:`;
}

function counted(count: number, one: string, many: string): string {
  return `${count} ${count === 1 ? one : many}`;
}

/** Shortens a text to at most `length` UTF-16 units, with an ellipsis, and cuts between words if a space is near. */
export function clip(text: string, length: number): string {
  if (text.length <= length) return text;
  const cut = cutText(text, length - 1);
  const space = cut.lastIndexOf(' ');
  return `${(space > length * 0.7 ? cut.slice(0, space) : cut).trimEnd()}…`;
}
