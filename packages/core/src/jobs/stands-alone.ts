import { Prisma } from '@parley/db';

/**
 * True of a job whose reply does not need the text of the message that called the character, so that the reply can be written after that
 * message was deleted. A request from before the field `standalone` does not say so; if it has a `scope`, it needs no text.
 *
 * @param job alias of `jobs`; always a literal
 */
export function standsAlone(job: 'j' | 'job'): Prisma.Sql {
  return Prisma.raw(standing(job));
}

/**
 * True of a job whose reply can still be written: it needs no text of a message, or has it. Deleting the message takes the text out of the
 * job, so the job's locked row tells.
 *
 * @param job alias of `jobs`; always a literal
 */
export function answerable(job: 'j' | 'job'): Prisma.Sql {
  return Prisma.raw(`(${standing(job)} or ${job}.request ->> 'question' is not null)`);
}

function standing(job: 'j' | 'job'): string {
  return `coalesce((${job}.request -> 'standalone')::boolean, ${job}.request ->> 'scope' is not null)`;
}
