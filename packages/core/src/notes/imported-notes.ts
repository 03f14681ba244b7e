import { Prisma } from '@parley/db';
import type { CoreDeps } from '../deps.js';

/** A note of a file, ready to be written. */
export interface ImportedNote {
  id: string;
  number: number;
  text: string;
  /** The importer's id if the note is theirs; null for any other, which keeps the names it came with. */
  author_id: string | null;
  author_name: string | null;
  author_handle: string | null;
  source_id: string | null;
  kept: boolean;
  rev: number;
  created_at: string;
  updated_at: string;
}

/** Writes the notes of a room that nobody has entered yet. What the room's row says of them is for whoever opens the room. */
export async function stageNotes({ db }: Pick<CoreDeps, 'db'>, roomId: string, notes: readonly ImportedNote[]): Promise<void> {
  if (notes.length === 0) return;
  await db.$executeRaw(Prisma.sql`
    insert into room_notes (id, room_id, number, text, author_id, author_name, author_handle, source_id, kept, rev, created_at, updated_at)
    select n.id, ${roomId}::uuid, n.number, n.text, n.author_id, n.author_name, n.author_handle, n.source_id, n.kept, n.rev, n.created_at, n.updated_at
    from jsonb_to_recordset(${JSON.stringify(notes)}::jsonb) as n (id uuid, number int, text text, author_id uuid, author_name text, author_handle text,
      source_id uuid, kept boolean, rev int, created_at timestamptz, updated_at timestamptz)`);
}
