import { AppError, type SearchPage } from '@parley/contracts';
import { readQuery, type QueryTerm, type QueryWord, type SearchQuery } from '@parley/contracts/search';
import { Prisma } from '@parley/db';
import { andRoomOfKey } from '../access/key-rooms.js';
import type { Actor } from '../sessions/actor.js';
import { sessionStands } from '../sessions/standing-session.js';
import type { CoreDeps } from '../deps.js';
import { messageJson, messagesOfPage, messageView, type MessageRow } from '../protocol/message-rows.js';

export interface SearchMessagesInput {
  /**
   * Words that a message must all have; the last one may be only the beginning of a word. `"a phrase"`, `-without` and `or` work as in
   * web searches: see `readQuery` of contracts.
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
 * Ids are made in order of time, so a page is a range of ids. What a word is says `splitWords` of contracts: any script, without regard
 * to case, accents and Markdown's marks, and without a language's endings. Every query is valid; one without words finds nothing.
 *
 * @throws AppError VALIDATION for a cursor that this function did not make
 */
export async function searchMessages({ db }: Pick<CoreDeps, 'db'>, actor: Actor, input: SearchMessagesInput): Promise<SearchPage> {
  const found = foundByWords(input.query);
  if (!found) return { items: [], next: null };
  const before = input.before === undefined ? null : readCursor(input.before);
  const inRoom = input.roomId === undefined ? Prisma.empty : Prisma.sql`and m.room_id = ${input.roomId}::uuid`;
  const after = before === null ? Prisma.empty : Prisma.sql`and m.id < ${before}::uuid`;
  const latest = Prisma.sql`m.id desc`;
  const rows = await db.$queryRaw<{ message: MessageRow; found: number }[]>(Prisma.sql`
    select ${messageJson('m')} as message, m.found
    from (${messagesOfPage(
      latest,
      Prisma.sql`
    where ${found}
      and m.room_id in (
        select own.room_id from room_members own
        where own.user_id = ${actor.userId}::uuid and own.left_rev is null and ${sessionStands(actor)} ${andRoomOfKey(actor, Prisma.sql`own.room_id`)}
      )
      and m.deleted_at is null and m.kind <> 'system' ${inRoom} ${after}
    order by ${latest} limit ${input.limit}::int + 1`,
    )}) m order by ${latest} limit ${input.limit}::int`);
  const items = rows.map(({ message }) => messageView(message));
  const last = items.at(-1);
  return { items, next: last && rows[0]!.found > items.length ? writeCursor(last.id) : null };
}

/** A condition that is true of a row `m` of `messages` with the words of a query; null for a query without words. */
export function foundByWords(query: string): Prisma.Sql | null {
  const wanted = readQuery(query);
  if (wanted.length === 0) return null;
  return Prisma.sql`(m.words @@ ${tsqueryOf(wanted)}::tsquery or m.words is null and m.search @@ (${earlierQuery(query)}))`;
}

/** The query in the syntax of a `tsquery`, each word quoted, so that nothing in it is an operator. */
function tsqueryOf(query: SearchQuery): string {
  const word = ({ text, begun }: QueryWord) => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "''")}'${begun ? ':*' : ''}`;
  const term = (words: QueryTerm) => words.map((each, index) => (index === 0 ? '' : ` <${each.distance}> `) + word(each)).join('');
  return query
    .map(({ wanted, excluded }) => [...wanted.map((each) => `(${term(each)})`), ...excluded.map((each) => `!(${term(each)})`)].join(' & '))
    .join(' | ');
}

/**
 * The query for a message whose words no worker has written yet, over PostgreSQL's own words: they are split at spaces and most signs, and
 * know of no marks. The last word is taken for a beginning if it is neither in quotes, nor excluded, nor an alternative.
 */
function earlierQuery(query: string): Prisma.Sql {
  const match = /^(?<rest>|.*\s)(?<last>[^\s"-][^\s"]*)$/su.exec(query.trim());
  const { rest = '', last = '' } = match?.groups ?? {};
  const inQuotes = rest.split('"').length % 2 === 0;
  const whole = (text: string) => Prisma.sql`websearch_to_tsquery('simple', ${text}::text)`;
  if (!match || inQuotes || /(?:^|\s)or\s*$/i.test(rest)) return whole(query);
  const beginning = Prisma.sql`to_tsquery('simple', ${`'${last.replace(/['\\]/g, ' ')}':*`}::text)`;
  // An empty half would do no harm, but PostgreSQL would send a notice each time.
  return rest === '' ? beginning : Prisma.sql`${whole(rest)} && ${beginning}`;
}

function writeCursor(id: string): string {
  return Buffer.from(id.replaceAll('-', ''), 'hex').toString('base64url');
}

function readCursor(cursor: string): string {
  const hex = /^[\w-]{22}$/.test(cursor) ? Buffer.from(cursor, 'base64url').toString('hex') : '';
  if (hex.length !== 32) throw new AppError('VALIDATION', 'before: give the “next” of the page before.', { field: 'before' });
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
