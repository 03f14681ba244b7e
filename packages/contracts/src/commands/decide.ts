import { defineCommand } from '../command-line/define-command.js';
import { takeWord } from '../command-line/split-command.js';

export default defineCommand({
  name: 'decide',
  args: '[question] [private]',
  help: 'The options, who stands where, and what is open',
  examples: ['/decide', '/decide Where do we meet?', '/decide private'],
  order: 3,
  answeredBy: 'model',
  costsTokens: true,
  text: true,
  schema: (z) => z.string().transform((text) => takeWord(text, 'private')),
  suggest: (before) =>
    before.length === 0
      ? [
          { word: '', help: 'what is being decided here, for everyone here' },
          { word: 'private', help: 'for you alone' },
        ]
      : [],
  answer: ({ taken }) => (taken ? 'asker' : 'room'),
  ask: ({ rest }) => (rest === '' ? { standalone: true } : { question: rest }),
});
