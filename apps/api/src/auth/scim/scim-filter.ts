import { filter as matches, parse, type Filter } from 'scim2-parse-filter';
import { z } from 'zod';
import { ScimError } from './scim-error.js';

/** The longest filter that is read, in UTF-16 units: reading one takes time in proportion to its square. */
const maxFilterLength = 1_000;

export interface ReadFilter {
  /** What an index answers: the value by the attribute's name. */
  exact: { userName?: string; externalId?: string; id?: string; displayName?: string };
  /** Whether a resource fits; null if `exact` says all. */
  fits: ((resource: object) => boolean) | null;
}

/** The attributes that an index answers, as they are written here. */
const indexed = new Map(['userName', 'externalId', 'id', 'displayName'].map((name) => [name.toLowerCase(), name]));

/**
 * Reads a filter (RFC 7644, section 3.4.2.2).
 *
 * @param own the attributes that an index answers for this kind of resource
 * @throws ScimError invalidFilter
 */
export function readFilter(text: unknown, own: readonly string[]): ReadFilter {
  if (text === undefined) return { exact: {}, fits: null };
  if (typeof text !== 'string' || text.length > maxFilterLength) {
    throw new ScimError(400, 'invalidFilter', `filter: send one filter of at most ${maxFilterLength} characters.`);
  }
  let read: Filter;
  try {
    read = parse(text);
  } catch (error) {
    throw new ScimError(400, 'invalidFilter', `filter: it could not be read: ${error instanceof Error ? error.message : ''}`);
  }
  if ('compValue' in read && read.op === 'eq' && typeof read.compValue === 'string') {
    const name = indexed.get(read.attrPath.split(':').at(-1)!.toLowerCase());
    // An id that is none is nobody's.
    if (name === 'id' && !z.uuid().safeParse(read.compValue).success) return { exact: {}, fits: () => false };
    if (name !== undefined && own.includes(name)) return { exact: { [name]: read.compValue }, fits: null };
  }
  return { exact: {}, fits: matches(read) };
}
