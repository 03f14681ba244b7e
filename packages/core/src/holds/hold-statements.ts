import { Prisma } from '@parley/db';

/**
 * Which rows a legal hold keeps. While a hold stands on a room or a person, whatever removes by itself leaves their rows as they are, and what
 * somebody changes or deletes is set aside by the triggers `…_held` of the database, whichever version of Parley does it.
 */

/** True if a hold stands on the room: an expression. @param room id, in SQL */
export function heldRoom(room: Prisma.Sql): Prisma.Sql {
  return standing('room', Prisma.sql`h.subject_id = ${room}`);
}

/** True if a hold stands on the person: an expression. @param user id, in SQL */
export function heldPerson(user: Prisma.Sql): Prisma.Sql {
  return standing('person', Prisma.sql`h.subject_id = ${user}`);
}

/**
 * True if a hold stands on the person whose a message is: who wrote it, and of a reply who asked for it. An expression.
 *
 * @param message alias of `messages`, or of anything with its columns; always a literal
 */
export function heldAuthor(message: string): Prisma.Sql {
  return standing('person', Prisma.raw(`h.subject_id in (${message}.author_id, (${message}.reply ->> 'askedBy')::uuid)`));
}

function standing(kind: 'room' | 'person', of: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`exists (select 1 from legal_holds h where h.lifted_at is null and h.kind = ${Prisma.raw(`'${kind}'`)} and ${of})`;
}
