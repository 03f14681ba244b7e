import { cutText, type Steps } from '@parley/contracts';
import type { PromptContext, PromptMessage } from '../prompt-context.js';
import { howToGetAModel } from './how-to-get-a-model.js';
import { escapeMarkdown, plainText, sourceLink } from './markdown.js';
import { searchMessages } from './search-messages.js';
import { clip, isCall } from './summary.js';
import { isQuestion, settledSentences } from './settled.js';
import { splitSentences } from './tokenize.js';

/** The most sentences that each part names, the newest. */
const maxPoints = 8;
const maxPointLength = 320;
/** How many messages about a question are read, the best. */
const maxMatches = 40;
/** UTF-16 units read in all: the answer must not hold up the replies beside it. */
const maxUnits = 200_000;
/** How much of a sentence says what kind it is, in UTF-16 units. */
const maxKind = 600;

interface Said {
  message: PromptMessage;
  text: string;
}

/** The most sentences that it names as settled. */
const maxSettled = 4;

/** Words with which people propose something, or take a side, in some languages. */
const takesSides =
  /(?<![\p{L}\p{M}])(?:should|could|would|let['’]?s|let us|propose[sd]?|proposal|suggest(?:ed|s)?|suggestion|prefer(?:s|red)?|rather|vot(?:e|ed|es|ing)|agree[sd]?|disagree[sd]?|against|in favou?r|option|instead|better|\+1|-1|decided?|sollten?|könnten?|lieber|dafür|dagegen|vorschlag|einverstanden|entschieden|besser|devrions|devrait|pourrait|propos(?:e|ons|er)|préfère|plutôt|contre|accord|décidé|mieux|deberíamos|debería|podríamos|propongo|prefiero|mejor|contra|acuerdo|decidido|deveríamos|prefiro|melhor|dovremmo|propongo|preferisco|meglio|предлагаю|лучше|против|согласен|согласна|давайте|решили)(?![\p{L}\p{M}])|しよう|しましょう|ほうがいい|いいと思|べき|賛成|反対|提案|建议|建議|应该|應該|同意|反对|反對|하자|합시다|찬성|반대/iu;

/**
 * What was said of a decision, without a model: the sentences that seem to settle it, those in which people propose something or take a side, and the
 * questions that were asked, each with its source. The words are the room's own; which of them are options, and who won, is left to its readers.
 */
export function* decision(context: PromptContext): Steps<string> {
  const about = yield* messagesAbout(context);
  const said: Said[] = [];
  let left = maxUnits;
  for (const message of about.toReversed()) {
    left -= message.content.length;
    if (left < 0) break;
    const sentences = yield* splitSentences(yield* plainText(message.content));
    said.unshift(...sentences.map((text) => ({ message, text })));
  }
  const found = new Set((yield* settledSentences(said)).slice(0, maxSettled));
  const settled = said.filter((_, index) => found.has(index));
  const others = said.filter((_, index) => !found.has(index));
  const questions = others.filter(({ text }) => isQuestion(text));
  const sides = others.filter(({ text }) => !isQuestion(text) && takesSides.test(cutText(text, maxKind)));
  const builtIn = `*These are the room’s own sentences, picked by their words by the built-in model; to have the options weighed, ${howToGetAModel}.*`;
  if (settled.length + sides.length + questions.length === 0) {
    return `I find nothing here that is being decided: nobody proposes anything, takes a side or asks. The built-in model knows that by a few words only; for more, ${howToGetAModel}.`;
  }
  const newest = about.at(-1)!.createdAt;
  const part = (title: string, said: readonly Said[]) =>
    said.length === 0
      ? []
      : [
          `**${title}**`,
          '',
          ...said
            .slice(-maxPoints)
            .map(({ message, text }) => `- ${escapeMarkdown(clip(text, maxPointLength))} ${sourceLink(message, newest)}`),
          '',
        ];
  return [
    ...part('Settled, it seems:', settled),
    ...part('Proposed, or said for or against it:', sides),
    ...part('Asked:', questions),
    builtIn,
  ].join('\n');
}

/** The messages to read, oldest first: where the question names something, those that are about it, if there are any. */
function* messagesAbout(context: PromptContext): Steps<PromptMessage[]> {
  const spoken = context.messages.filter((message) => !message.fromCharacter && !isCall(message, context));
  const { question } = context.task;
  if (question === null || question === '') return spoken;
  const matches = yield* searchMessages(
    spoken.map(({ content }) => content),
    question,
    maxMatches,
  );
  if (matches.length === 0) return spoken;
  // What follows a message that is about it answers it in other words.
  const near = new Set(matches.flatMap(({ index }) => [index, index + 1, index + 2]));
  return spoken.filter((_, index) => near.has(index));
}
