import { Prisma } from '@parley/db';

/**
 * True of a job `j` whose reply needs no text of the message that called: it can be written after that message was deleted.
 * Requests from before `standalone` do not say. Of them, those that select messages needed no text.
 */
export const standsAlone = Prisma.sql`coalesce((j.request -> 'standalone')::boolean, j.request ->> 'scope' is not null)`;
