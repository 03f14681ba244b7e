import { cutText, type Steps } from '@parley/contracts';
import type { PromptContext, PromptMessage } from '../prompt-context.js';
import { escapeMarkdown, plainText, sourceLink } from './markdown.js';
import { clip, isCall } from './summary.js';
import { splitSentences, terms } from './tokenize.js';

const maxQuestions = 2;
/** How many of the newest messages are searched for claims: the room no longer talks about older claims. */
const maxMessages = 40;
/** A claim has at least this many words; a shorter sentence is like "ok, thanks". */
const minTerms = 4;
const maxQuoteLength = 220;
/** How much of a message is read, in UTF-16 units. */
const maxRead = 8_000;
/** How much of a sentence says what kind of claim it is, in UTF-16 units. */
const maxKind = 1_000;

interface Claim {
  message: PromptMessage;
  text: string;
}

/**
 * What Socrates says without a model: one or two questions about the latest claims in the room, each quoted with its author. The quotes
 * are the room's own words. The questions are of a few fixed kinds, chosen by the words in the claim.
 */
export function* askAboutClaims(context: PromptContext): Steps<string> {
  const claims = yield* latestClaims(context);
  if (claims.length === 0) {
    return 'Nobody has claimed anything yet that I could ask about. What is it that you are trying to find out or decide?';
  }
  const newest = claims[0]!.message.createdAt;
  const asked = new Set<string>();
  return claims
    .map(({ message, text }) => {
      const question = questionsFor(text).find((candidate) => !asked.has(candidate))!;
      asked.add(question);
      return `> ${escapeMarkdown(clip(text, maxQuoteLength))}\n\n— ${sourceLink(message, newest)}\n\n${question}`;
    })
    .join('\n\n');
}

/** The two newest claims, newest first, by different authors if possible. Each message gives one claim at most, its last. */
function* latestClaims(context: PromptContext): Steps<Claim[]> {
  const spoken = context.messages.filter((message) => !message.fromCharacter && !isCall(message, context));
  const claims = yield* claimsOf(spoken.slice(-maxMessages));
  // Calls were left out above, because a call asks something and seldom claims anything. If nobody else claimed anything, look at the
  // call.
  const [first, ...others] = claims.length > 0 ? claims : yield* claimsOf(callOf(context));
  if (!first) return [];
  const second = others.find(({ message }) => message.handle !== first.message.handle) ?? others[0];
  return second ? [first, second].slice(0, maxQuestions) : [first];
}

function* claimsOf(messages: readonly PromptMessage[]): Steps<Claim[]> {
  const claims: Claim[] = [];
  for (const message of messages.toReversed()) {
    const sentences = yield* splitSentences(yield* plainText(cutText(message.content, maxRead)));
    const text = sentences.findLast(isClaim);
    if (text !== undefined && !claims.some((claim) => claim.text === text)) claims.push({ message, text });
  }
  return claims;
}

function callOf({ triggerMessageId, task, addressee, askedAt }: PromptContext): PromptMessage[] {
  if (task.question === null || addressee.isCharacter) return [];
  const { name, handle, isBot: bot } = addressee;
  const content = task.question.replace(/^\s*@[\w.-]+[\s,:;.!–—]*/, '');
  return [{ id: triggerMessageId, own: false, fromCharacter: false, bot, name, handle, content, createdAt: askedAt }];
}

/** True for a sentence that states something: not for a question, a call of someone, or a scrap. */
function isClaim(whole: string): boolean {
  const sentence = whole.length > 2 * maxKind ? whole.slice(0, maxKind) + whole.slice(-maxKind) : whole;
  return !/[?？؟]["”’)\s]*$/.test(sentence) && !/^[/@]/.test(sentence) && terms(sentence).length >= minTerms;
}

/** Kinds of claims, known by certain words, and the question to ask about each. The last two fit any claim in any language. */
const kinds: readonly { turnsOn: RegExp; question: string }[] = [
  { turnsOn: /\b(?:if|unless|as long as|provided)\b/i, question: 'And if that condition is not met, what then?' },
  {
    turnsOn: /\b(?:always|never|every(?:one|body|thing)?|all|nobody|nothing|none)\b/i,
    question: 'Can you think of a single case where this does not hold?',
  },
  {
    turnsOn: /\b(?:because|therefore|hence|that is why|so that|causes?|caused|leads? to)\b/i,
    question: 'If the reason given here were not true, would the rest still stand?',
  },
  { turnsOn: /\b(?:should|must|ought|ha(?:s|ve) to|needs? to)\b/i, question: 'What would be lost if this were simply not done?' },
  {
    turnsOn: /\b(?:will|going to|shall|plan(?:s|ned)? to|today|tomorrow|next)\b|’ll\b|'ll\b/i,
    question: 'What would have to happen for this to turn out otherwise, and would you notice in time?',
  },
  { turnsOn: /\b(?:better|best|worse|worst|faster|slower|easier|simpler|good|bad)\b/i, question: 'By what measure, and who chose it?' },
  {
    turnsOn: /\b(?:think|believe|feel|probably|maybe|perhaps|seems?|guess)\b/i,
    question: 'What would you need to see to be sure, one way or the other?',
  },
  { turnsOn: /\d/, question: 'Where does this figure come from, and how far off could it be?' },
  { turnsOn: /(?:)/, question: 'How do you know this, and what would show it to be wrong?' },
  { turnsOn: /(?:)/, question: 'And what follows from it, if it is true?' },
];

function questionsFor(claim: string): string[] {
  return kinds.filter(({ turnsOn }) => turnsOn.test(claim.slice(0, maxKind))).map(({ question }) => question);
}
