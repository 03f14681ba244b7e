import { AppError } from '@parley/contracts';
import { Prisma } from '@parley/db';
import type { CoreDeps } from '../deps.js';

/**
 * Words by which a person would take someone for the server itself, or for everyone. Compared by their look, so `Adm1n` is among them.
 * The names of roles are not: a page shows a role beside the name.
 */
const reservedWords = [
  'admin',
  'admins',
  'administrator',
  'all',
  'anyone',
  'channel',
  'everybody',
  'everyone',
  'help-desk',
  'here',
  'official',
  'parley',
  'root',
  'security',
  'staff',
  'superuser',
  'support',
  'sysadmin',
  'system',
];

/** A name that would mislead: which input field has it, and why. */
export interface Misleading {
  field: string;
  why: 'reserved' | 'alike';
}

export interface Naming {
  /** A handle that is to be taken, and the input field that has it. */
  handle?: { text: string; field: string } | undefined;
  /** A name that is to be shown beside words. */
  name?: { text: string; field: string } | undefined;
  /** Whose name it becomes, or whose character's: nobody is mistaken for themselves. Null for an account that is to be made. */
  userId: string | null;
}

interface Looks {
  admin: boolean;
  keeps: boolean;
  exact: boolean;
  handleReserved: boolean;
  handleAlike: boolean;
  nameReserved: boolean;
  nameAlike: boolean;
}

/**
 * Finds out whether names look like a reserved word or like somebody else's. A handle is compared with all handles, also those of the
 * past; a name with the usernames and display names of accounts. An admin may use reserved words, and anyone may keep the name they have.
 * Two calls at the same moment may still take names that look alike. A handle that is taken letter by letter is not this file's affair.
 */
export async function misleadingName({ db }: Pick<CoreDeps, 'db'>, { handle, name, userId }: Naming): Promise<Misleading | null> {
  const [found] = await db.$queryRaw<Looks[]>(Prisma.sql`
    with asked as (select ${handle?.text ?? null}::text as handle, ${name?.text ?? null}::text as name, ${userId}::uuid as user_id),
    looks as (select asked.*, name_look(handle) as handle_look, name_look(name) as name_look from asked)
    select exists (select 1 from users u where u.id = looks.user_id and u.is_admin) as admin,
      exists (select 1 from users u where u.id = looks.user_id and u.display_name = looks.name) as keeps,
      exists (select 1 from handles h where h.handle = looks.handle) as exact,
      coalesce(${isReserved(Prisma.sql`looks.handle_look`)}, false) as "handleReserved",
      exists (select 1 from handles h where name_look(h.handle) = looks.handle_look) as "handleAlike",
      coalesce(${isReserved(Prisma.sql`looks.name_look`)}, false) as "nameReserved",
      exists (
        select 1 from users u
        where u.password_hash is not null and u.id is distinct from looks.user_id
          and (name_look(u.username) = looks.name_look or name_look(u.display_name) = looks.name_look)
      ) as "nameAlike"
    from looks`);
  if (!found || found.exact) return null;
  if (handle && found.handleReserved && !found.admin) return { field: handle.field, why: 'reserved' };
  if (handle && found.handleAlike) return { field: handle.field, why: 'alike' };
  if (!name || found.keeps) return null;
  if (found.nameReserved && !found.admin) return { field: name.field, why: 'reserved' };
  return found.nameAlike ? { field: name.field, why: 'alike' } : null;
}

/** What is put between the letters of a reserved word does not hide it. */
function isReserved(look: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`translate(${look}, '-_.', '') = any (select translate(name_look(word), '-', '') from unnest(${reservedWords}::text[]) word)`;
}

/** The error for a name that {@link misleadingName} found. */
export function misleadingNameError({ field, why }: Misleading): AppError {
  return new AppError('USERNAME_TAKEN', sentences[why], { field });
}

const sentences = {
  reserved: 'This name would pass for the server itself or for everyone. Choose another.',
  alike: 'This name looks like one that somebody else has. Choose another, or add to it.',
} as const;

/** @throws AppError USERNAME_TAKEN for a name that misleads: see {@link misleadingName} */
export async function refuseMisleadingName(deps: Pick<CoreDeps, 'db'>, naming: Naming): Promise<void> {
  const misleading = await misleadingName(deps, naming);
  if (misleading) throw misleadingNameError(misleading);
}
