import { defineCommand } from '../command-line/define-command.js';

export default defineCommand({
  name: 'forget',
  args: 'number | words',
  help: 'Removes a note of this room',
  examples: ['/forget 3', '/forget importer'],
  order: 31,
  operation: 'notes.remove',
  answeredBy: 'core',
  answer: 'asker',
  acts: true,
  costsTokens: false,
  text: true,
  suggest: (before) => (before.length === 0 ? 'notes' : []),
  schema: (z) => z.string().min(1, 'Write the number of a note, or words that are in it.'),
});
