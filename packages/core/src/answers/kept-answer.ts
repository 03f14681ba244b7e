import { Prisma } from '@parley/db';

/** How long an answer is kept. */
const keptInterval = Prisma.raw(`interval '1 day'`);
/** No call takes so long: whoever claimed it and has not said how it ended is dead. */
const claimInterval = Prisma.raw(`interval '1 minute'`);

/** Whether a row still counts. @param alias of `kept_answers`, always a literal */
export function keptFor(alias: string): Prisma.Sql {
  return Prisma.sql`${Prisma.raw(alias)}.claimed_at > now() - ${keptInterval}`;
}

/** Whether a claim is older than any call takes. @param alias of `kept_answers`, always a literal */
export function overdue(alias: string): Prisma.Sql {
  return Prisma.sql`${Prisma.raw(alias)}.claimed_at < now() - ${claimInterval}`;
}

/** A claim, by whose id its writes are fenced. */
export interface ClaimedCall {
  id: string;
  claimId: string;
}
