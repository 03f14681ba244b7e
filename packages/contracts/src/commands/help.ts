import { defineCommand } from '../command-line/define-command.js';

export default defineCommand({
  name: 'help',
  args: '',
  help: 'What you can type here',
  examples: ['/help'],
  order: 90,
  answeredBy: 'core',
  answer: 'asker',
  costsTokens: false,
  schema: (z) => z.string(),
});
