import { commandFiles } from '@parley/contracts/commands';
import { howToGetAModel } from '../built-in/how-to-get-a-model.js';
import { summarise } from '../built-in/summary.js';
import { defineTask } from '../command-task.js';
import type { PromptTask } from '../prompt-context.js';

export default defineTask(commandFiles.summary, {
  messages: { kind: 'recent' },
  cites: true,

  instruct: ({ scope }, who) =>
    `${who} asked for a summary ${about(scope)}. Give the points that matter (what was decided, what is open, who said or will do what) ` +
    'as a short Markdown list in the language of the conversation, naming people. Leave out requests for summaries and your own earlier ones.',

  *compose(context) {
    const summary = yield* summarise(context);
    if (summary === null) return 'There is nothing to summarise here yet.';
    return `${summary}\n\n*These are the room’s own sentences, picked by the built-in model; for a summary in other words, ${howToGetAModel}.*`;
  },
});

function about(scope: PromptTask['scope']): string {
  switch (scope?.kind) {
    case undefined:
    case 'recent':
    case 'message':
    case 'rooms':
      return 'of the conversation above';
    case 'unread':
      return 'of what they have not read yet, which is the messages above';
    case 'today':
      return 'of what was said today, which is the messages above';
    case 'yesterday':
      return 'of what was said yesterday, which is the messages above';
    case 'week':
      return 'of what was said in the last seven days, which is the messages above';
    case 'since':
      return 'of what was said from a certain message on, which is the messages above';
    case 'last':
      return `of the last ${scope.count} messages, which are those above`;
  }
}
