import type { MessageView } from '@parley/contracts';
import { Prisma } from '@parley/db';
import { toIso, toIsoOrNull, type Instant } from './instant.js';

/** A row of `messages` as {@link messageJson} selects it: a view, but with instants as the database returns them. */
export interface MessageRow extends Omit<MessageView, 'createdAt' | 'editedAt' | 'deletedAt' | 'pinnedAt'> {
  imported: boolean;
  createdAt: Instant;
  editedAt: Instant | null;
  deletedAt: Instant | null;
  pinnedAt: Instant | null;
}

/** Names each column, because `m.*` would also select the search vector. @param message alias of `messages`; always a literal */
export function messageJson(message: string): Prisma.Sql {
  return Prisma.raw(`json_build_object(
    'id', ${message}.id, 'roomId', ${message}.room_id, 'seq', ${message}.seq, 'rev', ${message}.rev, 'kind', ${message}.kind,
    'author', json_build_object('type', ${message}.author_type, 'id', ${message}.author_id, 'name', ${message}.author_name,
      'handle', ${message}.author_handle, 'avatar', ${message}.author_avatar), 'imported', ${message}.imported,
    'content', ${message}.content, 'system', ${message}.system, 'status', ${message}.status, 'attempt', ${message}.attempt, 'replyTo', ${message}.reply_to,
    'clientId', ${message}.client_id, 'mentions', ${message}.mentions, 'reactions', ${message}.reactions,
    'createdAt', ${message}.created_at, 'editedAt', ${message}.edited_at, 'deletedAt', ${message}.deleted_at,
    'pinnedAt', ${message}.pinned_at, 'reply', ${message}.reply, 'error', ${message}.error)`);
}

/** Makes the view field by field, so that a column added to the row never travels by accident. */
export function messageView(row: MessageRow): MessageView {
  return {
    id: row.id,
    roomId: row.roomId,
    seq: row.seq,
    rev: row.rev,
    kind: row.kind,
    author: row.imported ? { ...row.author, imported: true } : row.author,
    content: row.content,
    system: row.system,
    status: row.status,
    attempt: row.attempt,
    replyTo: row.replyTo,
    clientId: row.clientId,
    mentions: row.mentions,
    reactions: row.reactions,
    createdAt: toIso(row.createdAt),
    editedAt: toIsoOrNull(row.editedAt),
    deletedAt: toIsoOrNull(row.deletedAt),
    pinnedAt: toIsoOrNull(row.pinnedAt),
    reply: row.reply,
    error: row.error,
  };
}
