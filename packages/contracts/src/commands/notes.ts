import { defineCommand } from '../command-line/define-command.js';

export default defineCommand({
  name: 'notes',
  args: '',
  help: 'What this room keeps in mind',
  examples: ['/notes'],
  order: 32,
  operation: 'notes.list',
  answeredBy: 'core',
  answer: 'asker',
  acts: true,
  costsTokens: false,
  schema: (z) => z.string(),
});
