import { defineCommand } from '../command-line/define-command.js';
import { takeWord } from '../command-line/split-command.js';

export default defineCommand({
  name: 'ask',
  args: '[private] [@character …] question',
  help: 'Answer from this room',
  examples: ['/ask When do we ship?', '/ask @ada @lin When do we ship?', '/ask private When do we ship?'],
  order: 2,
  answeredBy: 'model',
  addressed: true,
  costsTokens: true,
  text: true,
  schema: (z) =>
    z
      .string()
      .transform((text) => takeWord(text, 'private', 'start'))
      .refine(({ rest }) => rest !== '', 'Write your question after /ask.'),
  answer: ({ taken }) => (taken ? 'asker' : 'room'),
  ask: ({ rest }) => ({ question: rest }),
});
