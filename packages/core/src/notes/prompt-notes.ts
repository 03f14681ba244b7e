import { maxNotesPerRoom } from '@parley/contracts';
import { Prisma } from '@parley/db';
import type { CoreDeps } from '../deps.js';
import type { ReplyTask } from '../jobs/claimed-reply.js';
import type { PromptNote } from '../prompts/prompt-context.js';
import { noteJson, noteView, type NoteRow } from './note-rows.js';

/**
 * The notes that a character may be told of for a reply, by their numbers: those of its room, without any that was taken from a message
 * that the character may not know, because it is older than its joining, deleted or hidden from AI. A note that a person wrote anew while its message
 * was deleted or hidden stands for itself. A reply about certain messages alone is given none.
 */
export async function loadPromptNotes(deps: Pick<CoreDeps, 'db'>, { roomId, character, request }: ReplyTask): Promise<PromptNote[]> {
  const { scope } = request;
  if (scope !== null && scope.kind !== 'recent') return [];
  return await read(
    deps,
    Prisma.sql`n.room_id = ${roomId}::uuid and (n.source_id is null or exists (
      select 1 from messages s where s.id = n.source_id and s.seq > ${character.joinedSeq}::int
        and (n.kept or s.deleted_at is null and not s.hidden_from_ai)))`,
  );
}

/** These notes of a room as they are now, whoever may be told of them; those that were removed are left out. */
export async function loadNotesById(deps: Pick<CoreDeps, 'db'>, roomId: string, ids: readonly string[]): Promise<PromptNote[]> {
  if (ids.length === 0) return [];
  return await read(deps, Prisma.sql`n.room_id = ${roomId}::uuid and n.id = any(${[...ids]}::uuid[])`);
}

async function read({ db }: Pick<CoreDeps, 'db'>, which: Prisma.Sql): Promise<PromptNote[]> {
  const rows = await db.$queryRaw<{ note: NoteRow }[]>(Prisma.sql`
    select ${noteJson('n')} as note from room_notes n where ${which} order by n.number limit ${maxNotesPerRoom}::int`);
  return rows.map(({ note }) => {
    const { id, number, text, author, editor, updatedAt } = noteView(note);
    const writer = editor ? { name: editor.displayName, handle: editor.username } : { name: author.name, handle: author.handle };
    return { id, number, text, ...writer, writtenAt: updatedAt };
  });
}
