import { commandFiles } from '@parley/contracts/commands';
import { decision } from '../built-in/decision.js';
import { defineTask } from '../command-task.js';

export default defineTask(commandFiles.decide, {
  messages: { kind: 'recent' },
  cites: true,

  instruct: ({ question }, who) =>
    `${who} wants to see where ${question === null ? 'the decision stands that the conversation above is about' : 'the decision stands that their last message names'}. ` +
    'Give as Markdown, in the language of the conversation: the options that were named; for each of them who is for it, who is against it, and why; what is agreed already, if anything; and what is still open. ' +
    'Name people. Report what they said: do not decide for them, and add no options of your own. If nothing is being decided, say so. Leave out requests for this and your own earlier answers.',

  compose: decision,
});
