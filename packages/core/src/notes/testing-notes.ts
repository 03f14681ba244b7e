import type { NoteView } from '@parley/contracts';
import type { TestUser, TestWorld } from '../testing/index.js';
import { listNotes } from './list-notes.js';
import { removeNote } from './remove-note.js';
import { saveNote, type SaveNoteInput } from './save-note.js';

/** Calls that several tests of notes make. */

export function note(world: TestWorld, by: TestUser, input: SaveNoteInput, roomId = world.room.id): Promise<NoteView> {
  return world.access.run(by.actor, roomId, 'notes.save', (room) => saveNote(world.deps, room, input));
}

export function unnote(world: TestWorld, by: TestUser, noteId: string, version?: number): Promise<NoteView> {
  return world.access.run(by.actor, world.room.id, 'notes.remove', (room) => removeNote(world.deps, room, { noteId, version }));
}

export function notesOf(world: TestWorld, by: TestUser, roomId = world.room.id): Promise<NoteView[]> {
  return world.access.run(by.actor, roomId, 'notes.list', (room) => listNotes(world.deps, room));
}
