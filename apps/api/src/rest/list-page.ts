import { AppError, type ProcedureName } from '@parley/contracts';

/** Lists that a procedure answers whole, as long as they may be, and REST by pages to whoever asks for pages: what an entry is known by. */
const lists: Partial<Record<ProcedureName, (entry: never) => string>> = {
  // Programs of earlier versions are answered public rooms by this one.
  'rooms.list': (entry: { room: { id: string } } | { id: string }) => ('room' in entry ? entry.room.id : entry.id),
  'rooms.browse': ({ id }: { id: string }) => id,
  'characters.list': ({ character }: { character: { id: string } }) => character.id,
};

/** The most entries of a page. */
export const maxPage = 500;

export const isPaged = (name: ProcedureName) => Object.hasOwn(lists, name);

export interface PageAsked {
  /** Null for all. */
  limit: number | null;
  /** The id of the entry that the page before ended with. */
  after: string | null;
}

/** Takes what is asked for out of a query. @throws AppError VALIDATION */
export function takePage(query: Record<string, unknown>): { page: PageAsked; rest: Record<string, unknown> } {
  const { limit, after, ...rest } = query;
  const count = limit === undefined ? null : Number(limit);
  if (count !== null && !(typeof limit === 'string' && /^\d{1,3}$/.test(limit) && count >= 1 && count <= maxPage))
    throw new AppError('VALIDATION', `limit: must be a number from 1 to ${maxPage}.`, { field: 'limit' });
  if (after === undefined) return { page: { limit: count, after: null }, rest };
  const id = typeof after === 'string' ? Buffer.from(after, 'base64url').toString() : '';
  if (!/^[\da-f-]{36}$/.test(id)) throw unknownCursor();
  return { page: { limit: count, after: id }, rest };
}

/**
 * The entries of a page, and the cursor of the next, which is null after the last.
 *
 * @throws AppError VALIDATION for a cursor of an entry that is not in the list any more
 */
export function pageOf(
  name: ProcedureName,
  all: readonly unknown[],
  { limit, after }: PageAsked,
): { items: unknown[]; next: string | null } {
  const idOf = lists[name] as (entry: unknown) => string;
  const from = after === null ? 0 : all.findIndex((entry) => idOf(entry) === after) + 1;
  if (after !== null && from === 0) throw unknownCursor();
  const to = limit === null ? all.length : Math.min(from + limit, all.length);
  const items = all.slice(from, to);
  return { items, next: to < all.length ? Buffer.from(idOf(items.at(-1))).toString('base64url') : null };
}

function unknownCursor(): AppError {
  return new AppError('VALIDATION', 'after: is no cursor of this list as it is now. Begin with the first page.', { field: 'after' });
}
