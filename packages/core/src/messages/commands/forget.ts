import { AppError, cutText, foldText, type NoteView } from '@parley/contracts';
import { commandFiles } from '@parley/contracts/commands';
import { listNotes } from '../../notes/list-notes.js';
import { removeNote } from '../../notes/remove-note.js';
import { escapeMarkdown } from '../../prompts/built-in/markdown.js';
import { defineAnswer } from '../command-answer.js';

export default defineAnswer(commandFiles.forget, async (deps, _room, wanted, act) => {
  const note = meant(await act('notes.list', (room) => listNotes(deps, room)), wanted);
  await act('notes.remove', (room) => removeNote(deps, room, { noteId: note.id, version: note.rev }));
  return `Note ${note.number} is gone: ${escapeMarkdown(note.text)}`;
});

/** The note of this number, or the only one with all of these words. @throws AppError COMMAND_ARGUMENT */
function meant(notes: readonly NoteView[], wanted: string): NoteView {
  const number = /^#?(\d{1,9})$/.exec(wanted)?.[1];
  if (number !== undefined) {
    const found = notes.find((note) => note.number === Number(number));
    if (found) return found;
    throw wrong(`This room has no note ${number}. ${listed}`);
  }
  const words = foldText(wanted).split(/\s+/);
  const found = notes.filter(({ text }) => words.every((word) => foldText(text).includes(word)));
  if (found.length === 1) return found[0]!;
  if (found.length === 0)
    throw wrong(`No note of this room has “${wanted.length > 40 ? `${cutText(wanted, 40)}…` : wanted}” in it. ${listed}`);
  const some = found.slice(0, maxNamed).map((note) => note.number);
  throw wrong(
    `Several notes have that in them: ${some.join(', ')}${found.length > some.length ? ' …' : ''}. Write the number of the one you mean.`,
  );
}

const listed = `/${commandFiles.notes.name} lists them.`;

/** The most notes that a sentence names. */
const maxNamed = 10;

function wrong(message: string): AppError {
  return new AppError('COMMAND_ARGUMENT', message, { field: 'content' });
}
