import { isInProgress, splitCommand, type MessageView } from '@parley/contracts';
import { Prisma } from '@parley/db';
import { endedCalls } from './ended-calls.js';
import { isImported } from './imported-messages.js';
import { toIso, toIsoOrNull, type Instant } from './instant.js';

/** A row of `messages` as {@link messageJson} selects it: a view, but with instants as the database returns them. */
export interface MessageRow extends Omit<
  MessageView,
  'botCommand' | 'hiddenFromAi' | 'hidden' | 'createdAt' | 'editedAt' | 'deletedAt' | 'pinnedAt' | 'reply'
> {
  reply: StoredReply | null;
  imported: boolean;
  hiddenFromAi: boolean;
  hiddenAt: Instant | null;
  commandBotId: string | null;
  createdAt: Instant;
  editedAt: Instant | null;
  deletedAt: Instant | null;
  pinnedAt: Instant | null;
}

/**
 * The `reply` of a message as it is stored. `chosen` is what somebody chose last, when the last attempt was `of`: of any other attempt, which
 * an earlier process made, it says nothing.
 */
export type StoredReply = Omit<NonNullable<MessageView['reply']>, 'chosen'> & { chosen?: { attempt: number; of: number; at: string } };

/** The attempt whose text a reply has: an expression. @param reply alias of `messages`, or of anything with its columns; always a literal */
export function shownAttempt(reply: string): Prisma.Sql {
  return Prisma.raw(`(case when (${reply}.reply -> 'chosen' ->> 'of')::int = ${reply}.attempt
    then (${reply}.reply -> 'chosen' ->> 'attempt')::int else ${reply}.attempt end)`);
}

/** Names each column, because `m.*` would also select the search vector. @param message alias of `messages`; always a literal */
export function messageJson(message: string): Prisma.Sql {
  return Prisma.raw(`json_build_object(
    'id', ${message}.id, 'roomId', ${message}.room_id, 'seq', ${message}.seq, 'rev', ${message}.rev, 'kind', ${message}.kind,
    'author', json_build_object('type', ${message}.author_type, 'id', ${message}.author_id, 'name', ${message}.author_name,
      'handle', ${message}.author_handle, 'avatar', ${message}.author_avatar), 'imported', ${message}.imported, 'hiddenFromAi', ${message}.hidden_from_ai,
    'content', ${message}.content, 'system', ${message}.system, 'status', ${message}.status, 'attempt', ${message}.attempt, 'replyTo', ${message}.reply_to,
    'clientId', ${message}.client_id, 'commandBotId', ${message}.command_bot_id, 'mentions', ${message}.mentions, 'reactions', ${message}.reactions,
    'createdAt', ${message}.created_at, 'editedAt', ${message}.edited_at, 'deletedAt', ${message}.deleted_at,
    'pinnedAt', ${message}.pinned_at, 'hiddenAt', ${message}.hidden_at, 'reply', ${message}.reply, 'error', ${message}.error)`);
}

/** Makes the view field by field, so that a column added to the row never travels by accident. */
export function messageView(row: MessageRow): MessageView {
  return {
    id: row.id,
    roomId: row.roomId,
    seq: row.seq,
    rev: row.rev,
    kind: row.kind,
    author: isImported(row) ? { ...row.author, imported: true } : row.author,
    // A process of an earlier version, which knows of no hiding, may have let a hidden message be edited.
    content: row.hiddenAt ? '' : row.content,
    ...botCommandOf(row),
    ...(row.hiddenFromAi && { hiddenFromAi: true as const }),
    ...(row.hiddenAt && { hidden: true as const }),
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
    reply: row.reply && replyOf(row.reply, row),
    error: row.error,
  };
}

function replyOf({ chosen, ...stored }: StoredReply, { attempt, status }: Pick<MessageView, 'attempt' | 'status'>): MessageView['reply'] {
  const reply = { ...stored, ...(stored.tools && { tools: isInProgress(status) ? stored.tools : endedCalls(stored.tools) }) };
  return chosen?.of === attempt && chosen.attempt !== attempt ? { ...reply, chosen: chosen.attempt } : reply;
}

/** What the text asks of a bot is read from the text, so that it goes with it when the message is deleted. */
function botCommandOf({ commandBotId, content }: MessageRow): Pick<MessageView, 'botCommand'> {
  const command = commandBotId && splitCommand(content);
  return command ? { botCommand: { botId: commandBotId, name: command.name, args: command.rest } } : {};
}

/**
 * The most bytes that the messages of one page have together, all but the last of them. A message may have 256 kB, so a hundred would
 * hold the process for a tenth of a second while they are made into JSON; of usual ones a hundred have less than this.
 */
export const maxPageBytes = 2 * 1024 * 1024;

/** How many bytes of a page a message takes, without reading its text. */
export function messageBytes(message: string): Prisma.Sql {
  return Prisma.raw(`octet_length(${message}.content) + pg_column_size(${message}.reactions)`);
}

/**
 * Keeps of some messages, in an order, as many as a page takes. The first is always among them.
 *
 * @param order of `m`, without the words `order by`
 * @param from what gives `m`: joins, `where`, perhaps `limit`
 * @returns a select of the columns of `m`, to be used as `m`, and of `found`: how many there were, with those that are not kept
 */
export function messagesOfPage(order: Prisma.Sql, from: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`
    select m.* from (
      select m.*, count(*) over ()::int as found, coalesce(sum(${messageBytes('m')})
        over (order by ${order} rows between unbounded preceding and 1 preceding), 0) as bytes_before
      from (select m.* from messages m ${from}) m
    ) m where m.bytes_before < ${maxPageBytes}::int`;
}
