import { Prisma } from '@parley/db';

/**
 * True of a job whose reply needs no text of the message that called: it can be written after that message was deleted.
 * Requests from before `standalone` do not say. Of them, those that select messages needed no text.
 *
 * @param job alias of `jobs`; always a literal
 */
export function standsAlone(job: 'j' | 'job'): Prisma.Sql {
  return Prisma.raw(`coalesce((${job}.request -> 'standalone')::boolean, ${job}.request ->> 'scope' is not null)`);
}
