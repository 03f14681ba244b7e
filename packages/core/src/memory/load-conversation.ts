import { isOfDays, isSaid, isTimeZone, type MessageView, type ReplyRequest } from '@parley/contracts';
import { parseCommand } from '@parley/contracts/commands';
import { Prisma } from '@parley/db';
import type { CoreDeps } from '../deps.js';
import type { ReplyTask } from '../jobs/claimed-reply.js';
import { toIso } from '../protocol/instant.js';
import { anyDay, daysOf } from './start-of-day.js';

/** One message of the conversation that a character is told. */
export interface ConversationMessage {
  messageId: string;
  seq: number;
  /** `id` is null for who has no account here: a message that came with an import. */
  author: Pick<MessageView['author'], 'type' | 'id' | 'name' | 'handle' | 'avatar'>;
  content: string;
  /** ISO 8601, UTC. */
  createdAt: string;
}

export interface ConversationOptions {
  /** How many messages are read at most, the newest; a scope of the last N takes N of them. */
  limit: number;
  scope: ReplyRequest['scope'];
  /** Messages up to this seq are left out, because a summary stands for them. @default 0 */
  afterSeq?: number;
}

/** Who is told, and up to where. */
export type ConversationReader = Pick<ReplyTask, 'roomId' | 'message'> & {
  character: Pick<ReplyTask['character'], 'joinedSeq'>;
  request: { trigger: Pick<ReplyTask['request']['trigger'], 'messageId'>; apart?: true | undefined };
};

/**
 * Loads what was said in the reply's room before the reply, as the prompt may hold it: what was said since the character joined, and of
 * replies only those that have ended with a text. Deleted messages and system lines are left out, and so is a person's message that
 * called the character, because its question is in the request. A reply that called the character is not left out: it counts as its
 * author's message.
 *
 * @returns ascending by seq
 * @throws TypeError for a catch-up, whose messages `loadUnread` gives: who does not know that must not read on
 */
export async function loadConversation(
  { db }: Pick<CoreDeps, 'db'>,
  claim: ConversationReader,
  { limit, scope, afterSeq = 0 }: ConversationOptions,
): Promise<ConversationMessage[]> {
  if (scope?.kind === 'rooms') throw new TypeError('a catch-up is of several rooms');
  const since = Math.max(claim.character.joinedSeq, afterSeq, scope?.kind === 'unread' ? scope.sinceSeq : 0);
  // Counted from when the reply was asked for: a later attempt summarises the same days.
  const { from, before } = isOfDays(scope) ? daysOf(scope.kind, claim.message.createdAt, zoneOf(scope)) : anyDay;
  const first =
    scope?.kind === 'since'
      ? Prisma.sql`(select f.seq from messages f where f.id = ${scope.messageId}::uuid and f.room_id = ${claim.roomId}::uuid)`
      : Prisma.sql`0`;
  const alone = scope?.kind === 'message' ? Prisma.sql`and m.id = ${scope.messageId}::uuid` : Prisma.empty;
  const rows = await db.$queryRaw<{ said: ConversationMessage; trigger: string | null; forBot: boolean }[]>(Prisma.sql`
    select ${saidJson} as said, m.reply -> 'trigger' ->> 'kind' as trigger, m.command_bot_id is not null as "forBot"
    from messages m
    where ${isTold(claim)} and m.seq > ${since}::int
      and m.seq >= ${first} and m.created_at >= ${from}::timestamptz and m.created_at < ${before}::timestamptz ${alone}
    order by m.seq desc limit ${limit}::int`);
  const wanted = scope?.kind === 'last' ? rows.filter((row) => !isOfCommand(row)).slice(0, scope.count) : rows;
  return wanted.map(({ said }) => ({ ...said, createdAt: toIso(said.createdAt) })).toReversed();
}

/**
 * True of a row `m` of `messages` that the character of a reply may be told: of its room, said since it joined and before the reply, neither
 * deleted nor hidden from AI, and no system line. A person's message that called the character is not among them, because its question is
 * in the request; nor what others answered to a question that was put to several side by side.
 */
function isTold({ roomId, character, message, request }: ConversationReader): Prisma.Sql {
  return Prisma.sql`
    m.room_id = ${roomId}::uuid and m.seq > ${character.joinedSeq}::int and m.seq < ${message.seq}::int
      and (m.id <> ${request.trigger.messageId}::uuid or m.kind = 'reply')
      and ${isTellable}
      ${
        request.apart
          ? Prisma.sql`and (m.kind <> 'reply' or m.reply -> 'trigger' ->> 'messageId' is distinct from ${request.trigger.messageId}::text)`
          : Prisma.empty
      }`;
}

const hasWords = Prisma.sql`
  m.deleted_at is null and m.content <> '' and (m.kind = 'text' or (m.kind = 'reply' and m.status in ('complete', 'stopped')))`;

/** True of a row `m` of `messages` that models may be told at all: it has a text, is neither deleted nor hidden from AI, and no system line. */
export const isTellable = Prisma.sql`${hasWords} and not m.hidden_from_ai`;

/** True of a row `m` of `messages` that models could be told if it were not hidden from them. */
export const isOnlyHidden = Prisma.sql`${hasWords} and m.hidden_from_ai`;

/**
 * Finds messages that the character of a reply may be told, of those that a condition picks.
 *
 * @param which condition on `m` @param options.latest whether the limit keeps the newest of them, or the oldest
 * @returns their seqs, ascending
 */
export async function findToldMessages(
  { db }: Pick<CoreDeps, 'db'>,
  claim: ConversationReader,
  which: Prisma.Sql,
  { limit, latest }: { limit: number; latest: boolean },
): Promise<number[]> {
  const rows = await db.$queryRaw<{ seq: number }[]>(Prisma.sql`
    select m.seq from messages m where ${isTold(claim)} and ${which}
    order by ${latest ? Prisma.sql`m.seq desc` : Prisma.sql`m.seq`} limit ${limit}::int`);
  return rows.map(({ seq }) => seq).toSorted((left, right) => left - right);
}

/** The messages at these seqs that the character of a reply may be told now, ascending. */
export async function loadToldMessages(
  { db }: Pick<CoreDeps, 'db'>,
  claim: ConversationReader,
  seqs: readonly number[],
): Promise<ConversationMessage[]> {
  if (seqs.length === 0) return [];
  const rows = await db.$queryRaw<{ said: ConversationMessage }[]>(Prisma.sql`
    select ${saidJson} as said from messages m where ${isTold(claim)} and m.seq = any(${[...seqs]}::int[]) order by m.seq limit ${seqs.length}::int`);
  return rows.map(({ said }) => ({ ...said, createdAt: toIso(said.createdAt) }));
}

/** A {@link ConversationMessage} of a row `m` of `messages`, whose instants are the database's. */
export const saidJson = Prisma.sql`
  json_build_object('messageId', m.id, 'seq', m.seq, 'content', m.content, 'createdAt', m.created_at,
    'author', json_build_object('type', m.author_type, 'id', m.author_id, 'name', m.author_name, 'handle', m.author_handle, 'avatar', m.author_avatar))`;

/** The messages of a room at these seqs as they are now, deleted ones too, ascending. */
export async function loadMessagesAt(
  { db }: Pick<CoreDeps, 'db'>,
  roomId: string,
  seqs: readonly number[],
): Promise<ConversationMessage[]> {
  const rows = await db.$queryRaw<{ said: ConversationMessage }[]>(Prisma.sql`
    select ${saidJson} as said from messages m where m.room_id = ${roomId}::uuid and m.seq = any(${[...seqs]}::int[]) order by m.seq limit ${seqs.length}::int`);
  return rows.map(({ said }) => ({ ...said, createdAt: toIso(said.createdAt) }));
}

/** Of a zone that this process does not know, because the API that stored it is newer, the day is that of UTC. */
function zoneOf({ timeZone }: { timeZone?: string }): string {
  return timeZone !== undefined && isTimeZone(timeZone) ? timeZone : 'UTC';
}

/** True for a command, and for a character's answer to one: people talk in neither. */
function isOfCommand({ said, trigger, forBot }: { said: ConversationMessage; trigger: string | null; forBot: boolean }): boolean {
  if (forBot) return true;
  if (trigger !== null) return !isSaid(trigger);
  return said.author.type === 'user' && parseCommand(said.content).kind === 'command';
}
