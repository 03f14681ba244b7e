import { AppError, type SearchPage } from '@parley/contracts';
import { Prisma } from '@parley/db';
import type { Actor } from '../sessions/actor.js';
import { sessionStands } from '../sessions/standing-session.js';
import type { CoreDeps } from '../deps.js';
import { messageJson, messageView, type MessageRow } from '../protocol/message-rows.js';

export interface SearchMessagesInput {
  /**
   * Words that a message must all have; the last one may be only the beginning of a word. `"a phrase"`, `-without` and `or` work as in
   * web searches.
   */
  query: string;
  /** Only in this room. */
  roomId?: string | undefined;
  /** The `next` of the page before. */
  before?: string | undefined;
  limit: number;
}

/**
 * Finds messages and finished replies by their words, in the rooms that the actor is in now. Deleted messages, private answers and
 * system lines are never found. A room that the actor is not in has no results, whether it exists or not.
 *
 * Ids are made in order of time, so a page is a range of ids. Words are compared as written, without regard to case and without a
 * language's endings. Every query is valid; a query without words finds nothing.
 *
 * @throws AppError VALIDATION for a cursor that this function did not make
 */
export async function searchMessages({ db }: Pick<CoreDeps, 'db'>, actor: Actor, input: SearchMessagesInput): Promise<SearchPage> {
  const { whole, begun } = splitQuery(input.query);
  const words = Prisma.sql`websearch_to_tsquery('simple', ${whole}::text)`;
  const beginning = Prisma.sql`to_tsquery('simple', ${begun}::text)`;
  // An empty half would do no harm, but PostgreSQL would send a notice each time.
  const wanted = begun === '' ? words : whole === '' ? beginning : Prisma.sql`${words} && ${beginning}`;
  const before = input.before === undefined ? null : readCursor(input.before);
  const inRoom = input.roomId === undefined ? Prisma.empty : Prisma.sql`and m.room_id = ${input.roomId}::uuid`;
  const after = before === null ? Prisma.empty : Prisma.sql`and m.id < ${before}::uuid`;
  const rows = await db.$queryRaw<{ message: MessageRow }[]>(Prisma.sql`
    select ${messageJson('m')} as message
    from messages m
    where m.search @@ (${wanted})
      and m.room_id in (
        select own.room_id from room_members own
        where own.user_id = ${actor.userId}::uuid and own.left_rev is null and ${sessionStands(actor)}
      )
      and m.deleted_at is null and m.kind <> 'system' ${inRoom} ${after}
    order by m.id desc limit ${input.limit}::int + 1`);
  const items = rows.slice(0, input.limit).map(({ message }) => messageView(message));
  const last = items.at(-1);
  return { items, next: rows.length > input.limit && last ? writeCursor(last.id) : null };
}

/**
 * Splits off the last word if it may be only the beginning of a word: not if it is in quotes, excluded, or an alternative.
 *
 * @returns `begun` in the syntax of `to_tsquery`: quoted, so that nothing in it is an operator
 */
function splitQuery(query: string): { whole: string; begun: string } {
  const match = /^(?<rest>|.*\s)(?<last>[^\s"-][^\s"]*)$/su.exec(query.trim());
  const { rest = '', last = '' } = match?.groups ?? {};
  const inQuotes = rest.split('"').length % 2 === 0;
  if (!match || inQuotes || /(?:^|\s)or\s*$/i.test(rest)) return { whole: query, begun: '' };
  return { whole: rest, begun: `'${last.replace(/['\\]/g, ' ')}':*` };
}

function writeCursor(id: string): string {
  return Buffer.from(id.replaceAll('-', ''), 'hex').toString('base64url');
}

function readCursor(cursor: string): string {
  const hex = /^[\w-]{22}$/.test(cursor) ? Buffer.from(cursor, 'base64url').toString('hex') : '';
  if (hex.length !== 32) throw new AppError('VALIDATION', 'before: give the “next” of the page before.', { field: 'before' });
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
