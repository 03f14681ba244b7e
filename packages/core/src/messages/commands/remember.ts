import { AppError, cutText, maxNoteLength, noteTextSchema } from '@parley/contracts';
import { commandFiles } from '@parley/contracts/commands';
import type { CoreDeps } from '../../deps.js';
import { saveNote } from '../../notes/save-note.js';
import { escapeMarkdown } from '../../prompts/built-in/markdown.js';
import { defineAnswer } from '../command-answer.js';

export default defineAnswer(commandFiles.remember, async (deps, { roomId }, wanted, act, replyTo) => {
  const source = replyTo === null ? null : await sourceOf(deps, roomId, replyTo);
  const text = wanted === '' ? source : wanted;
  if (text === null) {
    throw new AppError('COMMAND_ARGUMENT', 'Write what to remember after /remember, or use it in a reply to a message.', {
      field: 'content',
    });
  }
  const read = noteTextSchema.safeParse(text);
  if (!read.success) throw new AppError('COMMAND_ARGUMENT', `A note ${read.error.issues[0]!.message}.`, { field: 'content' });
  const note = await act('notes.save', (room) => saveNote(deps, room, { text: read.data, messageId: replyTo }));
  const kept = `Kept for everyone here, as note ${note.number}: ${escapeMarkdown(note.text)}`;
  return note.toldToAi ? kept : `${kept}\n\nThe message is hidden from AI, so no character is told of the note.`;
});

/** The text of the message that is answered, as far as a note can have it. @throws AppError COMMAND_ARGUMENT */
async function sourceOf({ db }: Pick<CoreDeps, 'db'>, roomId: string, replyTo: string): Promise<string> {
  const found = await db.message.findFirst({
    where: { id: replyTo, roomId, kind: { not: 'system' } },
    select: { content: true, deletedAt: true },
  });
  if (!found || found.deletedAt || found.content === '') {
    throw new AppError('COMMAND_ARGUMENT', 'The message that you reply to is not in this room, or has no text any more.', {
      field: 'replyTo',
    });
  }
  const text = found.content.trim().normalize('NFC');
  return text.length <= maxNoteLength ? text : `${cutText(text, maxNoteLength - 1)}…`;
}
