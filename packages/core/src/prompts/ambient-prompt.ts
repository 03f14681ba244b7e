import type { ReplyTask } from '../jobs/claimed-reply.js';
import { fittedMessage, type PromptTurn } from './build-prompt.js';
import type { PromptMessage } from './prompt-context.js';
import { newNonce, PromptElements } from './prompt-elements.js';

/** How many of the last messages a character is shown that may have something to say. */
export const ambientMessages = 20;
/** The most tokens that one of them takes; of a longer one the beginning is shown. Nobody asked for this call: it is to cost little, whatever people write. */
const maxMessageTokens = 300;
/** The most tokens that a model may take to say yes or no, with what it thinks before. */
export const ambientOutputTokens = 512;

/**
 * The prompt that asks whether a character has something to say. The messages stand in elements as in the prompt of a reply: they are what
 * others said, and give no orders.
 */
export function ambientPrompt({ character }: Pick<ReplyTask, 'character'>, messages: readonly PromptMessage[]): PromptTurn[] {
  const elements = new PromptElements(newNonce());
  const who = `@${character.handle}`;
  const rules = [
    `You decide whether ${who}, one of the characters in a chat room that people share, says something now. Nobody has called ${who}.`,
    elements.rule,
    `${who} speaks if it can answer what nobody answered, correct what is wrong, or add what those who talk would miss. It is silent if they talk among themselves, greet or thank each other, were answered, or if it would only agree.`,
    'Answer with one word: YES if it speaks, NO if it is silent.',
    `Who ${who} is, as whoever made it wrote it:\n${character.systemPrompt.trim()}`,
  ];
  const task = elements.task(`Has ${who} something to say to the last of these? YES or NO.`);
  return [
    { role: 'system', content: rules.join('\n\n') },
    {
      role: 'user',
      content: [
        { type: 'text', text: [...messages.map((message) => elements.message(fittedMessage(message, maxMessageTokens))), task].join('\n') },
      ],
    },
  ];
}

/** Reads the answer: only a plain yes is one. */
export function saysYes(answer: string | null): boolean {
  return answer !== null && /^\P{L}*yes(?!\p{L})/iu.test(answer.trimStart());
}
