import { maxNotesPerRoom, notesRemoveInput, notesSaveInput, noteViewSchema, okOutput, roomIdInput } from '@parley/contracts';
import { listNotes } from '@parley/core/notes/list-notes';
import { removeNote } from '@parley/core/notes/remove-note';
import { saveNote } from '@parley/core/notes/save-note';
import { declared } from '../answers/declared.js';
import { procedure, router } from '../trpc.js';

export const notesRouter = router({
  list: procedure('notes.list', roomIdInput)
    .output(declared(noteViewSchema.array().max(maxNotesPerRoom)))
    .query(({ ctx, input }) => ctx.services.rooms.run(ctx.actor, input.roomId, 'notes.list', (room) => listNotes(ctx.services.core, room))),

  save: procedure('notes.save', notesSaveInput)
    .output(declared(noteViewSchema))
    .mutation(({ ctx, input }) =>
      ctx.services.rooms.run(ctx.actor, input.roomId, 'notes.save', (room) => saveNote(ctx.services.core, room, input)),
    ),

  remove: procedure('notes.remove', notesRemoveInput)
    .output(declared(okOutput))
    .mutation(({ ctx, input }) =>
      ctx.services.rooms.run(ctx.actor, input.roomId, 'notes.remove', async (room) => {
        await removeNote(ctx.services.core, room, input);
        return { ok: true as const };
      }),
    ),
});
