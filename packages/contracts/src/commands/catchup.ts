import { defineCommand } from '../command-line/define-command.js';

export default defineCommand({
  name: 'catchup',
  args: '',
  help: 'What you have not read in all your rooms, for you alone',
  examples: ['/catchup'],
  order: 5,
  answeredBy: 'model',
  costsTokens: true,
  schema: (z) => z.literal('', { error: '/catchup takes no arguments: it reads all your rooms, and answers you alone.' }),
  answer: 'asker',
  ask: () => ({ scope: { kind: 'rooms' }, standalone: true }),
});
