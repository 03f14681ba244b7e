import { createHash, randomInt } from 'node:crypto';
import { AppError, maxRecoveryCodes, type NewSecondStep } from '@parley/contracts';
import { Prisma } from '@parley/db';
import { Secret, TOTP } from 'otpauth';
import { auditEntries } from '../audit/audit-statements.js';
import type { CoreDeps } from '../deps.js';
import { activeActor } from '../sessions/active-actor.js';
import type { Actor } from '../sessions/actor.js';
import { refuseInactive } from '../sessions/load-actor.js';
import type { Vault } from '../sessions/vault.js';

/** Wrong codes of one account before none is looked at any more, in so many minutes, on all instances together. */
const maxTries = 5;
const triesMinutes = 15;
/** Codes of the step before and after count too: clocks differ, and typing takes a while (RFC 6238, 5.2). */
const window = 1;
const periodSeconds = 30;
/** The secret's length in bytes, as RFC 4226 asks for. */
const secretBytes = 20;
/** Without those that look like others when they are read from paper. */
const letters = 'abcdefghjkmnpqrstuvwxyz23456789';

const totpOf = (secret: string, label: string) =>
  new TOTP({ issuer: 'Parley', label, algorithm: 'SHA1', digits: 6, period: periodSeconds, secret: Secret.fromBase32(secret) });

/** Three groups of five of 31 signs, some 74 random bits: no slow hash is needed. */
function newRecoveryCode(): string {
  return Array.from({ length: 3 }, () => Array.from({ length: 5 }, () => letters[randomInt(letters.length)]).join('')).join('-');
}

/** Hashed with whose it is: a code of one account is none of another. */
function hashRecoveryCode(userId: string, code: string): string {
  return createHash('sha256')
    .update(`${userId} ${code.toLowerCase().replaceAll(/[\s-]/g, '')}`)
    .digest('hex');
}

/**
 * Begins to set up codes of an app: makes a secret that asks for nothing until {@link confirmSecondStep} has seen a code of it.
 *
 * @throws AppError CONFLICT where codes are on already; SESSION_REVOKED, ACCOUNT_DISABLED
 */
export async function beginSecondStep(deps: Pick<CoreDeps, 'db'> & { vault: Vault }, actor: Actor): Promise<NewSecondStep> {
  const secret = new Secret({ size: secretBytes }).base32;
  const [row] = await deps.db.$queryRaw<{ active: boolean; begun: boolean }[]>(Prisma.sql`
    with actor as (${activeActor(actor)}),
    begun as (
      insert into second_steps as t (user_id, secret) select actor.id, ${deps.vault.seal(actor.userId, secret)} from actor
      on conflict (user_id) do update set secret = excluded.secret, tries = 0, last_step = 0 where t.confirmed_at is null
      returning user_id
    )
    select exists (select 1 from actor) as active, exists (select 1 from begun) as begun`);
  if (!row?.active) return await refuseInactive(deps, actor);
  if (!row.begun) throw new AppError('CONFLICT', 'Codes are on already. Turn them off first to set up another app.');
  return { secret, uri: totpOf(secret, actor.username).toString() };
}

/**
 * Turns codes on, once the app shows the right one.
 *
 * @returns recovery codes, which are kept nowhere else
 * @throws AppError CODE_WRONG naming `code`; CONFLICT where nothing was begun; SESSION_REVOKED, ACCOUNT_DISABLED
 */
export async function confirmSecondStep(deps: Pick<CoreDeps, 'db'> & { vault: Vault }, actor: Actor, code: string): Promise<string[]> {
  const [begun] = await deps.db.$queryRaw<{ secret: Uint8Array }[]>(Prisma.sql`
    select t.secret from second_steps t where t.user_id = ${actor.userId}::uuid and t.confirmed_at is null`);
  const secret = begun && deps.vault.open(actor.userId, begun.secret);
  if (!begun || !secret) throw new AppError('CONFLICT', 'Nothing is being set up. Begin again.');
  const step = stepOf(secret, code);
  if (step === null) throw new AppError('CODE_WRONG', undefined, { field: 'code' });
  const codes = newRecoveryCodes();
  const [row] = await deps.db.$queryRaw<{ active: boolean; confirmed: boolean }[]>(Prisma.sql`
    with actor as (${activeActor(actor)}),
    confirmed as (
      update second_steps t set confirmed_at = now(), last_step = ${step}::bigint, tries = 0 from actor
      where t.user_id = actor.id and t.confirmed_at is null and t.secret = ${begun.secret}
      returning t.user_id
    ),
    ${writtenCodes(actor.userId, codes, Prisma.sql`confirmed`)},
    audited as (${auditEntries({ event: 'second-step.on', by: actor }, Prisma.sql`confirmed`)})
    select exists (select 1 from actor) as active, exists (select 1 from confirmed) as confirmed`);
  if (!row?.active) return await refuseInactive(deps, actor);
  if (!row.confirmed) throw new AppError('CONFLICT', 'Another tab has set this up meanwhile. Look again.');
  return codes;
}

/**
 * Makes new recovery codes; those of before are good no more.
 *
 * @throws AppError CONFLICT where codes are off; SESSION_REVOKED, ACCOUNT_DISABLED
 */
export async function renewRecoveryCodes(deps: Pick<CoreDeps, 'db'>, actor: Actor): Promise<string[]> {
  const codes = newRecoveryCodes();
  const [row] = await deps.db.$queryRaw<{ active: boolean; on: boolean }[]>(Prisma.sql`
    with actor as (${activeActor(actor)}),
    standing as (
      select t.user_id from second_steps t join actor on actor.id = t.user_id where t.confirmed_at is not null for update of t
    ),
    ${writtenCodes(actor.userId, codes, Prisma.sql`standing`)},
    audited as (${auditEntries({ event: 'second-step.codes', by: actor }, Prisma.sql`standing`)})
    select exists (select 1 from actor) as active, exists (select 1 from standing) as on`);
  if (!row?.active) return await refuseInactive(deps, actor);
  if (!row.on) throw new AppError('CONFLICT', 'Codes are off. Turn them on first.');
  return codes;
}

/** Turns codes off, for the actor. Where they are off, nothing changes. @throws AppError SESSION_REVOKED, ACCOUNT_DISABLED */
export async function removeSecondStep(deps: Pick<CoreDeps, 'db'>, actor: Actor): Promise<void> {
  const [row] = await deps.db.$queryRaw<{ active: boolean }[]>(Prisma.sql`
    with actor as (${activeActor(actor)}),
    ${deleteSecondStep(Prisma.sql`actor`, Prisma.sql`actor.id`)},
    audited as (${auditEntries({ event: 'second-step.off', by: actor }, Prisma.sql`gone_step`)})
    select exists (select 1 from actor) as active`);
  if (!row?.active) await refuseInactive(deps, actor);
}

/** CTEs `gone_step` and `gone_codes`: the second step of an account goes. @param id in SQL */
export function deleteSecondStep(from: Prisma.Sql, id: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`
    gone_step as (delete from second_steps t using ${from} where t.user_id = ${id} returning t.user_id),
    gone_codes as (delete from recovery_codes r using ${from} where r.user_id = ${id} returning r.user_id)`;
}

/**
 * Checks a code for the second step of a sign-in, and counts it against the tries of the account, in the database: so no number of
 * instances gives more of them.
 *
 * @returns body of a CTE that uses the code up and yields `user_id`; nothing if another sign-in used it first
 * @throws AppError CODE_WRONG naming `code`, RATE_LIMITED with `retryAfterMs`, STEP_OVER where codes are off by now
 */
export async function checkCode(deps: Pick<CoreDeps, 'db'> & { vault: Vault }, userId: string, code: string): Promise<Prisma.Sql> {
  const over = Prisma.sql`t.tried_since <= now() - ${triesMinutes}::int * interval '1 minute'`;
  const [tried] = await deps.db.$queryRaw<{ secret: Uint8Array }[]>(Prisma.sql`
    update second_steps t set tries = case when ${over} then 1 else t.tries + 1 end,
      tried_since = case when ${over} or t.tries = 0 then now() else t.tried_since end
    where t.user_id = ${userId}::uuid and t.confirmed_at is not null and (t.tries < ${maxTries}::int or ${over})
    returning t.secret`);
  if (!tried) {
    const [left] = await deps.db.$queryRaw<{ ms: number }[]>(Prisma.sql`
      select (extract(epoch from t.tried_since + ${triesMinutes}::int * interval '1 minute' - now()) * 1000)::float8 as ms
      from second_steps t where t.user_id = ${userId}::uuid and t.confirmed_at is not null`);
    if (!left) throw new AppError('STEP_OVER');
    throw new AppError('RATE_LIMITED', 'Too many wrong codes. Wait a quarter of an hour, then sign in again.', {
      retryAfterMs: Math.max(1, Math.ceil(left.ms)),
    });
  }
  const digits = code.replaceAll(/\s/g, '');
  if (!/^\d{6}$/.test(digits)) {
    const hash = hashRecoveryCode(userId, code);
    const [known] = await deps.db.$queryRaw<unknown[]>(Prisma.sql`
      select 1 as one from recovery_codes r where r.hash = decode(${hash}, 'hex') and r.used_at is null`);
    if (!known) throw new AppError('CODE_WRONG', undefined, { field: 'code' });
    return Prisma.sql`
      update recovery_codes r set used_at = now() where r.hash = decode(${hash}, 'hex') and r.used_at is null returning r.user_id`;
  }
  const secret = deps.vault.open(userId, tried.secret);
  if (secret === null)
    throw new AppError('CODE_WRONG', 'This server can read codes of apps no more, since its secret was changed. Use a recovery code.', {
      field: 'code',
    });
  const step = stepOf(secret, digits);
  if (step === null) throw new AppError('CODE_WRONG', undefined, { field: 'code' });
  return Prisma.sql`
    update second_steps t set last_step = ${step}::bigint, tries = 0
    where t.user_id = ${userId}::uuid and t.last_step < ${step}::bigint returning t.user_id`;
}

/** The step of time whose code this is; null if it is none of those that count now. */
function stepOf(secret: string, code: string): number | null {
  const now = Date.now();
  const delta = totpOf(secret, '').validate({ token: code.replaceAll(/\s/g, ''), timestamp: now, window });
  return delta === null ? null : Math.floor(now / 1000 / periodSeconds) + delta;
}

const newRecoveryCodes = () => Array.from({ length: maxRecoveryCodes }, newRecoveryCode);

/** CTEs that put codes in the place of an account's old ones, if `when` has a row. */
function writtenCodes(userId: string, codes: readonly string[], when: Prisma.Sql): Prisma.Sql {
  const hashes = codes.map((code) => hashRecoveryCode(userId, code));
  return Prisma.sql`
    old_codes as (delete from recovery_codes r using ${when} where r.user_id = ${userId}::uuid returning r.hash),
    new_codes as (
      insert into recovery_codes (hash, user_id) select decode(made.hash, 'hex'), ${userId}::uuid
      from unnest(${hashes}::text[]) as made(hash) cross join ${when} returning hash
    )`;
}
