import { AppError } from '@parley/contracts';
import { Prisma } from '@parley/db';
import type { CoreDeps } from '../deps.js';
import { isReserved, nameForms } from './reserved-words.js';

/** A name that would mislead: which input field has it, and why. */
export interface Misleading {
  field: string;
  why: 'reserved' | 'alike' | 'mention';
}

export interface Naming {
  /** A handle that is to be taken, and the input field that has it. */
  handle?: { text: string; field: string } | undefined;
  /** A name that is to be shown beside words. */
  name?: { text: string; field: string } | undefined;
  /** Whose name it becomes. Two characters may have the same name, and a page shows which is whose. */
  of: 'person' | 'character';
  /** Who it is, or who makes the character: nobody is mistaken for themselves. Null for an account that is to be made. */
  userId: string | null;
}

interface Looks {
  admin: boolean;
  keeps: boolean;
  exact: boolean;
  handleLooks: string[];
  handleAlike: boolean;
  nameLooks: string[];
  nameAlike: boolean;
}

/**
 * Finds out whether names look like a reserved word or like somebody else's. A handle is compared with all handles, also those of the
 * past; a name with the usernames and display names of accounts, and a person's also with the characters that nobody owns and those in
 * the person's rooms. An admin may use reserved words, and anyone may keep the name they have. A handle that is taken letter by letter is
 * not this file's affair. The statement that takes the name must ask again, by {@link namesAreFree}: others take names meanwhile.
 */
export async function misleadingName({ db }: Pick<CoreDeps, 'db'>, naming: Naming): Promise<Misleading | null> {
  const { handle, name, userId } = naming;
  const [found] = await db.$queryRaw<Looks[]>(Prisma.sql`
    with asked as (select ${handle?.text ?? null}::text as handle, ${name?.text ?? null}::text as name, ${userId}::uuid as user_id)
    select exists (select 1 from users u where u.id = asked.user_id and u.is_admin) as admin, ${keeps(naming)} as keeps,
      exists (select 1 from handles h where h.handle = asked.handle) as exact,
      ${looksOf(handle?.text)} as "handleLooks", ${looksOf(name?.text)} as "nameLooks",
      alike.handle_alike as "handleAlike", alike.name_alike as "nameAlike"
    from asked cross join ${alike(naming)}`);
  if (!found || found.exact) return null;
  if (handle && !found.admin && isReserved(handle.text, found.handleLooks)) return { field: handle.field, why: 'reserved' };
  if (handle && found.handleAlike) return { field: handle.field, why: 'alike' };
  if (!name || found.keeps) return null;
  if (!found.admin && isReserved(name.text, found.nameLooks)) return { field: name.field, why: 'reserved' };
  if (naming.of === 'person' && beginsAsMention(name.text)) return { field: name.field, why: 'mention' };
  return found.nameAlike ? { field: name.field, why: 'alike' } : null;
}

/**
 * SQL that is true if the names look like nobody else's at the moment when the statement takes them. Others who take a name that looks
 * alike wait until this statement has committed, and then find it. Must be asked before the statement locks the row that gets the name.
 */
export function namesAreFree(naming: Naming): Prisma.Sql {
  return Prisma.sql`(select not alike.handle_alike and (not alike.name_alike or ${keeps(naming)}) from ${alike(naming)})`;
}

function alike({ handle, name, userId, of }: Naming): Prisma.Sql {
  return Prisma.sql`names_alike(${handle?.text ?? null}::text, ${name?.text ?? null}::text, ${userId}::uuid, ${of === 'person'}::boolean) alike`;
}

function keeps({ name, userId }: Naming): Prisma.Sql {
  return Prisma.sql`exists (select 1 from users u where u.id = ${userId}::uuid and u.display_name = ${name?.text ?? null}::text)`;
}

/** SQL for the looks of a name's forms, in their order. */
function looksOf(text: string | undefined): Prisma.Sql {
  const forms = text === undefined ? [] : nameForms(text);
  return Prisma.sql`array(select name_look(form) from unnest(${forms}::text[]) with ordinality as given (form, place) order by place)`;
}

/** Whether a name would read as the mention of somebody: as their handle, and not as a name. Full width and small, `@` is the same sign. */
function beginsAsMention(name: string): boolean {
  return name.normalize('NFKC').startsWith('@');
}

/** The error for a name that {@link misleadingName} found. */
export function misleadingNameError({ field, why }: Misleading): AppError {
  return new AppError('USERNAME_TAKEN', sentences[why], { field });
}

const sentences = {
  reserved: 'This name would pass for the server itself or for everyone. Choose another.',
  mention: 'A name cannot begin with @, as what calls somebody does. Leave it out.',
  alike: 'This name looks like one that somebody else has. Choose another, or add to it.',
} as const;

/** @throws AppError USERNAME_TAKEN for a name that misleads: see {@link misleadingName} */
export async function refuseMisleadingName(deps: Pick<CoreDeps, 'db'>, naming: Naming): Promise<void> {
  const misleading = await misleadingName(deps, naming);
  if (misleading) throw misleadingNameError(misleading);
}
