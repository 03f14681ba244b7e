import { defineCommand } from '../command-line/define-command.js';
import { maxNoteLength } from '../limits.js';

export default defineCommand({
  name: 'remember',
  args: '[text]',
  help: 'Keeps a note for everyone here; alone, the message you reply to',
  examples: ['/remember', '/remember The importer runs at night'],
  order: 30,
  operation: 'notes.save',
  answeredBy: 'core',
  answer: 'asker',
  acts: true,
  costsTokens: false,
  text: true,
  schema: (z) => z.string().refine((text) => text.length <= maxNoteLength, `A note has up to ${maxNoteLength} characters.`),
});
