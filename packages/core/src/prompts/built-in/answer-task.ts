import type { Steps } from '@parley/contracts';
import { commandFiles } from '@parley/contracts/commands';
import type { Task } from '../command-task.js';
import type { PromptContext } from '../prompt-context.js';
import { quoteAnswers } from './answer.js';
import { glossary } from './glossary.js';
import { howToGetAModel } from './how-to-get-a-model.js';
import { askAboutClaims } from './questions.js';

const { ask, summary } = commandFiles;

/** To answer what someone wrote: a question, or a message with the character's name in it. */
export const answerTask: Task = {
  usesTools: true,
  instruct: (_task, who) => `Answer the last message of ${who}.`,

  *compose(context) {
    const address = new RegExp(`@${escapeRegExp(context.character.handle)}(?![\\w-])`, 'gi');
    const question = (context.task.question ?? '').replaceAll(address, ' ').trim();
    const voice = voices[context.character.handle];
    if (voice) return yield* voice(context, question);
    if (question === '') {
      return `I run on the built-in model: I can summarise this room (\`/${summary.name}\`) and find what was said in it (\`/${ask.name}\` and a question); for anything more, ${howToGetAModel}.`;
    }
    const answer = yield* quoteAnswers(context, question);
    if (answer !== null) return answer;
    return `No message in this room answers that. The built-in model only finds and quotes what was said here; for answers of its own, ${howToGetAModel}.`;
  },
};

/** What seeded characters other than the assistant can honestly do without a model, by their handle. */
const voices: Readonly<Record<string, ((context: PromptContext, question: string) => Steps<string>) | undefined>> = {
  *socrates(context) {
    return `${yield* askAboutClaims(context)}\n\n*I choose among a few fixed questions; to be examined properly, ${howToGetAModel}.*`;
  },
  lin: (context, question) => glossary(context, question, howToGetAModel),
};

function escapeRegExp(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|-]/g, '\\$&');
}
