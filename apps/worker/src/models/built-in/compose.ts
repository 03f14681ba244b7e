import type { PromptContext } from '../prompt-context.js';
import { quoteAnswers } from './answer.js';
import { glossary } from './glossary.js';
import { askAboutClaims } from './questions.js';
import { summarise } from './summary.js';

/** How to get more than this model can do. One sentence, naming the variables. */
const howToGetAModel =
  'set `OPENAI_API_KEY`, `ANTHROPIC_API_KEY`, `GOOGLE_GENERATIVE_AI_API_KEY`, or `OPENAI_BASE_URL` with `DEFAULT_MODEL` on the server';

/** The whole answer of the built-in model, as Markdown. Deterministic: the same context gives the same text. */
export function compose(context: PromptContext): string {
  if (context.task.kind === 'summary') {
    const summary = summarise(context);
    if (summary === null) return 'There is nothing to summarise here yet.';
    return `${summary}\n\n*These are the room’s own sentences, picked by the built-in model; for a summary in other words, ${howToGetAModel}.*`;
  }
  const question = context.task.question.replaceAll(new RegExp(`@${escapeRegExp(context.character.handle)}(?![\\w-])`, 'gi'), ' ').trim();
  const voice = voices[context.character.handle];
  if (voice) return voice(context, question);
  if (question === '') {
    return `I run on the built-in model: I can summarise this room (\`/summary\`) and find what was said in it (\`/ask\` and a question); for anything more, ${howToGetAModel}.`;
  }
  const answer = quoteAnswers(context, question);
  if (answer !== null) return answer;
  return `No message in this room answers that. The built-in model only finds and quotes what was said here; for answers of its own, ${howToGetAModel}.`;
}

/** What seeded characters other than the assistant can honestly do without a model, by their handle. */
const voices: Readonly<Record<string, ((context: PromptContext, question: string) => string) | undefined>> = {
  socrates: (context) =>
    `${askAboutClaims(context)}\n\n*I choose among a few fixed questions; to be examined properly, ${howToGetAModel}.*`,
  lin: (context, question) => glossary(context, question, howToGetAModel),
};

function escapeRegExp(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|-]/g, '\\$&');
}
