import { defineCommand } from '../command-line/define-command.js';

export default defineCommand({
  name: 'ask',
  args: 'question',
  help: 'Answer from this room',
  examples: ['/ask When do we ship?', '/ask @ada @lin When do we ship?'],
  order: 2,
  answeredBy: 'model',
  answer: 'room',
  addressed: true,
  costsTokens: true,
  text: true,
  schema: (z) => z.string().min(1, 'Write your question after /ask.'),
  ask: (question) => ({ question }),
});
