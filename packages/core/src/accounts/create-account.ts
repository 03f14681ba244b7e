import { AppError } from '@parley/contracts';
import { nameKeys } from '@parley/contracts/search';
import { Prisma } from '@parley/db';
import { v7 as uuidv7 } from 'uuid';
import { auditEntries } from '../audit/audit-statements.js';
import type { CoreDeps } from '../deps.js';
import { noteSecurity } from '../security-log.js';
import { accountJson, type AccountRow } from '../protocol/account-rows.js';
import { inviteIsGood } from './invite-rows.js';
import { claimHandle } from './claim-handle.js';
import { hueOf } from '../protocol/hue-of.js';
import { misleadingName, misleadingNameError, namesAreFree, type Naming } from './misleading-name.js';
import { refuseWeakPassword } from './refuse-weak-password.js';
import type { AccessTokens } from '../sessions/access-tokens.js';
import type { PasswordHasher } from '../sessions/password-hasher.js';
import { hashSecretToken } from '../sessions/secret-token.js';
import { firstAccountMark, hashSetUpCode, isWithoutFirstAccount } from './set-up-code.js';
import { newSession, signedIn, type SignedIn } from '../sessions/signed-in.js';

export interface RegisterInput {
  /** Trimmed and in lower case, as `usernameSchema` leaves it. */
  username: string;
  password: string;
  displayName?: string | undefined;
  invite?: string | undefined;
}

export type Registration = 'open' | 'invite' | 'closed';

/** Who may make an account. */
export interface Door {
  registration: Registration;
  /**
   * True where only this machine can come: then the first account is the admin. Elsewhere a stranger may be the first, and only the
   * set-up code makes the first admin; see `set-up-code.ts`.
   *
   * @default false
   */
  firstIsAdmin?: boolean;
  /** Ids of the public rooms that a new account enters, beside the Lobby. @default none */
  newcomerRooms?: readonly string[];
}

export interface MadeAccount extends SignedIn {
  /** The rooms of the invitation by which it was made. */
  invitedTo: string[];
  /** Who made the invitation; null for the operator, and where there was none. */
  invitedBy: string | null;
}

/**
 * Makes an account and signs it in, in one statement. The first account of an instance is its admin, if the door says so or it has the
 * set-up code. If two come first at once, only one becomes admin: both insert the same mark, and the later waits for the earlier.
 *
 * @throws AppError REGISTRATION_CLOSED, INVITE_REQUIRED, VALIDATION for a password that is easy to guess, USERNAME_TAKEN (also when a
 * character has the name, or it misleads; the first admin may have a reserved one), UNAVAILABLE
 */
export async function createAccount(
  deps: Pick<CoreDeps, 'db' | 'log'> & { hasher: PasswordHasher; tokens: AccessTokens },
  input: RegisterInput,
  { registration, firstIsAdmin = false }: Door,
): Promise<MadeAccount> {
  if (registration === 'closed' && !input.invite) throw new AppError('REGISTRATION_CLOSED');
  if (registration === 'invite' && !input.invite) throw new AppError('INVITE_REQUIRED');
  refuseWeakPassword(input.password, [input.username, input.displayName ?? ''], 'password');
  const passwordHash = await deps.hasher.hash(input.password);
  const naming: Naming = {
    handle: { text: input.username, field: 'username' },
    name: { text: input.displayName ?? input.username, field: input.displayName === undefined ? 'username' : 'displayName' },
    of: 'person',
    userId: null,
  };
  const misleading = await misleadingName(deps, naming);
  const userId = uuidv7();
  const { sessionId, refreshToken, ctes } = newSession('password');
  const [row] = await deps.db.$queryRaw<
    {
      permitted: boolean;
      code: 'set-up link' | 'invitation' | null;
      account: AccountRow | null;
      invite: { roomIds: string[]; madeBy: string | null } | null;
    }[]
  >(Prisma.sql`
    with invite as (${unusedInvite(input.invite ?? '', registration)}),
    permit as (
      select invite.hash, invite.sets_up from invite
      union all
      select null::bytea, false where ${registration === 'open'}::boolean and not exists (select 1 from invite)
    ),
    name as (${claimHandle(
      input.username,
      Prisma.sql`permit where case ${misleading?.why ?? 'none'}::text when 'none' then true when 'alike' then false
        else permit.sets_up or ${firstIsAdmin}::boolean and not exists (select 1 from users) end and ${namesAreFree(naming)}`,
    )}),
    first as (${claimHandle(
      firstAccountMark,
      // Where others could come, accounts were made without the mark: whoever comes after them, here, is not the first.
      Prisma.sql`name cross join permit where permit.sets_up or ${firstIsAdmin}::boolean and not exists (select 1 from users)`,
    )}),
    account as (
      insert into users (id, username, display_name, names, avatar, password_hash, is_admin)
      select ${userId}::uuid, name.handle, ${input.displayName ?? input.username}::text, ${nameKeys([input.username, input.displayName ?? ''])}::tsvector,
        ${JSON.stringify({ hue: hueOf(input.username), glyph: null })}::jsonb, ${passwordHash}::text, exists (select 1 from first)
      from name
      returning *
    ),
    ${ctes},
    used as (
      -- Used up: then also a process of an earlier version, which knows of one use, refuses it.
      update invites i set uses = i.uses + 1, used_by = case when i.uses + 1 >= i.max_uses then account.id end,
        used_at = case when i.uses + 1 >= i.max_uses then now() end
      from account cross join permit where i.hash = permit.hash
      returning i.hash, i.room_ids, i.made_by
    ),
    audited as (${auditEntries(
      {
        event: 'account.made',
        by: { userId, sessionId, username: input.username },
        subject: { kind: 'account', id: userId, name: input.username },
        detail: Prisma.sql`jsonb_strip_nulls(jsonb_build_object('admin', case when account.is_admin then true end,
          'code', (select case when permit.sets_up then 'set-up link' when permit.hash is not null then 'invitation' end from permit)))`,
      },
      Prisma.sql`account`,
    )})
    select exists (select 1 from permit) as permitted,
      (select case when permit.sets_up then 'set-up link' when permit.hash is not null then 'invitation' end from permit) as code,
      (select ${accountJson('account')} from account) as account,
      (select json_build_object('roomIds', used.room_ids, 'madeBy', used.made_by) from used) as invite`);
  if (!row?.permitted && registration === 'closed') throw new AppError('REGISTRATION_CLOSED');
  if (!row?.permitted) throw new AppError('INVITE_REQUIRED', 'This invitation is used up or has run out. Ask for a new one.');
  if (!row.account) {
    // Refused already, or somebody took a name that looks alike since.
    const refused = misleading ?? (await misleadingName(deps, naming));
    if (refused) throw misleadingNameError(refused);
    throw new AppError('USERNAME_TAKEN', undefined, { field: 'username' });
  }
  const made = await signedIn(deps.tokens, row.account, sessionId, refreshToken);
  const person = { userId: made.user.id, username: made.user.username };
  noteSecurity(deps.log, 'account made', person);
  if (row.code !== null) noteSecurity(deps.log, `${row.code} used`, person);
  if (made.user.role === 'admin') noteSecurity(deps.log, 'admin made', person);
  return { ...made, invitedTo: row.invite?.roomIds ?? [], invitedBy: row.invite?.madeBy ?? null };
}

/**
 * Locks the invitation, or the set-up code, so that the later of two registrations with one code finds it used. A set-up code is good
 * whatever the registration, an invitation unless it is closed.
 */
function unusedInvite(code: string, registration: Registration): Prisma.Sql {
  const [invitation, setUp] = [hashSecretToken(code), hashSetUpCode(code)];
  return Prisma.sql`
    select i.hash, i.hash = decode(${setUp}, 'hex') as sets_up from invites i
    where (i.hash = decode(${setUp}, 'hex') and ${isWithoutFirstAccount}
        or i.hash = decode(${invitation}, 'hex') and ${registration !== 'closed'}::boolean)
      and ${inviteIsGood}
    for no key update of i`;
}
