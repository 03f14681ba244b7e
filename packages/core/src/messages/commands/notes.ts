import { cutText, utf8Bytes, type NoteView } from '@parley/contracts';
import { commandFiles } from '@parley/contracts/commands';
import { listNotes } from '../../notes/list-notes.js';
import { escapeMarkdown } from '../../prompts/built-in/markdown.js';
import { defineAnswer } from '../command-answer.js';

export default defineAnswer(commandFiles.notes, async (deps, _room, _args, act) => {
  const notes = await act('notes.list', (room) => listNotes(deps, room));
  if (notes.length === 0) return `This room has no notes yet. Write one after \`/${commandFiles.remember.name}\`.`;
  const lines: string[] = [];
  let left = maxBytes;
  for (const note of notes) {
    const line = lineOf(note);
    left -= utf8Bytes(line);
    if (left < 0) return [...lines, `\n${notes.length - lines.length} more are in the room’s notes.`].join('\n');
    lines.push(line);
  }
  return lines.join('\n');
});

/** A private answer has 64 kB at most. */
const maxBytes = 48 * 1024;

/** How much of a note the list shows, in UTF-16 units: the room's notes have all of it. */
const maxShown = 280;

function lineOf({ number, text, author, source }: NoteView): string {
  const line = text.replaceAll(/\s+/g, ' ');
  const shown = line.length > maxShown ? `${cutText(line, maxShown)}…` : line;
  const link = source?.state === 'deleted' || source === null ? '' : `[1](#message-${source.messageId})`;
  return `- **${number}** ${escapeMarkdown(shown)}${link} *${escapeMarkdown(author.name)}*`;
}
