import { agentModel } from '@parley/contracts';
import { Prisma } from '@parley/db';

/** True of a character whose answers a program writes that is none of ours. @param character alias of `characters`; always a literal */
export function answeredOutside(character: string): Prisma.Sql {
  return Prisma.sql`(${Prisma.raw(character)}.model is not distinct from ${agentModel}::text)`;
}
