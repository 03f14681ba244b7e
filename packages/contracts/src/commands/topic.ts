import { defineCommand } from '../command-line/define-command.js';
import { maxTopicLength } from '../limits.js';

export default defineCommand({
  name: 'topic',
  args: '[text]',
  help: 'Sets what this room is about; without a text, says it',
  examples: ['/topic', '/topic The release on Friday', '/topic -'],
  order: 21,
  answeredBy: 'core',
  answer: 'asker',
  acts: true,
  costsTokens: false,
  text: true,
  schema: (z) =>
    z
      .string()
      .refine((text) => text.length <= maxTopicLength, `A topic has up to ${maxTopicLength} characters.`)
      .refine((text) => !/[\n\r\u2028\u2029]/.test(text), 'A topic is one line.')
      // Null says the topic that is there, and a dash takes it away.
      .transform((text) => (text === '' ? null : text === '-' || text === '–' ? '' : text)),
  suggest: (before) =>
    before.length === 0
      ? [
          { word: '', help: 'says what the topic is' },
          { word: '-', help: 'takes the topic away' },
        ]
      : [],
});
