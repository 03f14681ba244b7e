import { createHash } from 'node:crypto';
import { AppError, maxPasskeysPerAccount, type PasskeyAnswer, type PasskeyCreation, type PasskeyView } from '@parley/contracts';
import { Prisma } from '@parley/db';
import { verifyRegistrationResponse } from '@simplewebauthn/server';
import { auditEntries } from '../audit/audit-statements.js';
import type { CoreDeps } from '../deps.js';
import { toIso, type Instant } from '../protocol/instant.js';
import { activeActor } from '../sessions/active-actor.js';
import type { Actor } from '../sessions/actor.js';
import { refuseInactive } from '../sessions/load-actor.js';
import { challengeMs, type Challenges } from './challenges.js';

/** The page for which a passkey is made or shown: passkeys are for one host each, which the browser checks too. */
export interface PasskeyPage {
  /** Of the page, such as `https://chat.example.org`. */
  origin: string;
  /** Its host. */
  rpId: string;
}

/** ES256, EdDSA and RS256: every device has one of them. */
const algorithms = [-7, -8, -257];

const purposeOf = (actor: Pick<Actor, 'userId'>, { rpId }: PasskeyPage) => `create ${actor.userId} ${rpId}`;

/** What the page asks the device for. A person has one passkey a device: those that they have already are left out. */
export async function beginPasskey(
  deps: Pick<CoreDeps, 'db'> & { challenges: Challenges },
  actor: Actor,
  page: PasskeyPage,
): Promise<PasskeyCreation> {
  const rows = await deps.db.$queryRaw<{ id: string; transports: string[]; displayName: string }[]>(Prisma.sql`
    select p.id, p.transports from passkeys p where p.user_id = ${actor.userId}::uuid and p.rp_id = ${page.rpId}
    limit ${maxPasskeysPerAccount}::int`);
  return {
    challenge: deps.challenges.issue(purposeOf(actor, page)),
    rp: { id: page.rpId, name: 'Parley' },
    user: { id: handleOf(actor.userId), name: actor.username, displayName: actor.username },
    pubKeyCredParams: algorithms.map((alg) => ({ type: 'public-key' as const, alg })),
    timeout: challengeMs,
    excludeCredentials: rows.map(({ id, transports }) => ({ id, type: 'public-key' as const, transports })),
    authenticatorSelection: { residentKey: 'required', requireResidentKey: true, userVerification: 'required' },
    attestation: 'none',
  };
}

/**
 * Adds a passkey of the actor's, by the answer of a device to {@link beginPasskey}'s challenge, which is good once.
 *
 * @throws AppError PASSKEY_REFUSED, also for a device that did not check who holds it; RATE_LIMITED for one too many; CONFLICT for one that
 * is known; SESSION_REVOKED, ACCOUNT_DISABLED
 */
export async function addPasskey(
  deps: Pick<CoreDeps, 'db'> & { challenges: Challenges },
  actor: Actor,
  { page, name, answer }: { page: PasskeyPage; name: string; answer: PasskeyAnswer },
): Promise<PasskeyView> {
  let shown = '';
  let until: Date | null = null;
  const verified = await verifyRegistrationResponse({
    response: { ...answer, clientExtensionResults: {} } as never,
    expectedChallenge: (challenge) => {
      shown = challenge;
      until = deps.challenges.check(challenge, purposeOf(actor, page));
      return until !== null;
    },
    expectedOrigin: page.origin,
    expectedRPID: page.rpId,
    requireUserVerification: true,
    supportedAlgorithmIDs: algorithms,
  }).catch((error: unknown) => {
    throw new AppError('PASSKEY_REFUSED', undefined, { cause: error });
  });
  if (!verified.verified || until === null) throw new AppError('PASSKEY_REFUSED');
  const { credential } = verified.registrationInfo;
  const transports = (answer.response.transports ?? []).slice(0, 8);
  const [row] = await deps.db.$queryRaw<{ active: boolean; spent: boolean; held: number; made: PasskeyRow | null }[]>(Prisma.sql`
    with actor as (${activeActor(actor)}),
    spent as (${spendProof(shown, until, Prisma.sql`actor`)}),
    -- The account is locked, so that two that are added at once are counted after each other.
    counted as (
      select u.id, (select count(*) from passkeys p where p.user_id = u.id)::int as held from users u join actor on actor.id = u.id cross join spent
      for no key update of u
    ),
    made as (
      insert into passkeys (id, user_id, name, rp_id, public_key, counter, transports)
      select ${credential.id}::text, counted.id, ${name}::text, ${page.rpId}::text, ${Buffer.from(credential.publicKey)}, ${credential.counter}::bigint, ${transports}::text[]
      from counted where counted.held < ${maxPasskeysPerAccount}::int
      on conflict (id) do nothing
      returning *
    ),
    audited as (${auditEntries({ event: 'passkey.added', by: actor, detail: { name } }, Prisma.sql`made`)})
    select exists (select 1 from actor) as active, exists (select 1 from spent) as spent, coalesce((select held from counted), 0) as held,
      (select ${passkeyJson('made')} from made) as made`);
  if (!row?.active) return await refuseInactive(deps, actor);
  if (!row.spent) throw new AppError('PASSKEY_REFUSED');
  if (row.made) return passkeyView(row.made);
  if (row.held >= maxPasskeysPerAccount)
    throw new AppError('RATE_LIMITED', `An account has ${maxPasskeysPerAccount} passkeys at most. Remove one that you do not use.`);
  throw new AppError('CONFLICT', 'This device has a passkey here already.');
}

/** Gives a passkey of the actor's another name. @throws AppError NOT_FOUND for none of theirs */
export async function renamePasskey(
  deps: Pick<CoreDeps, 'db'>,
  actor: Actor,
  { passkey, name }: { passkey: string; name: string },
): Promise<void> {
  const [row] = await deps.db.$queryRaw<unknown[]>(Prisma.sql`
    with actor as (${activeActor(actor)})
    update passkeys p set name = ${name} from actor where p.id = ${passkey} and p.user_id = actor.id returning 1 as one`);
  if (!row) throw new AppError('NOT_FOUND', 'You have no such passkey.');
}

/** Removes a passkey of the actor's: nobody signs in by it any more. @throws AppError NOT_FOUND for none of theirs */
export async function removePasskey(deps: Pick<CoreDeps, 'db'>, actor: Actor, passkey: string): Promise<void> {
  const [row] = await deps.db.$queryRaw<unknown[]>(Prisma.sql`
    with actor as (${activeActor(actor)}),
    gone as (delete from passkeys p using actor where p.id = ${passkey} and p.user_id = actor.id returning p.name),
    audited as (${auditEntries({ event: 'passkey.removed', by: actor, detail: Prisma.sql`jsonb_build_object('name', gone.name)` }, Prisma.sql`gone`)})
    select 1 as one from gone`);
  if (!row) throw new AppError('NOT_FOUND', 'You have no such passkey.');
}

/** Body of a CTE that removes all passkeys of accounts. @param id in SQL */
export function deletePasskeys(from: Prisma.Sql, id: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`delete from passkeys p using ${from} where p.user_id = ${id} returning p.id`;
}

/** The passkeys of the actor, the newest first. */
export async function listPasskeys(deps: Pick<CoreDeps, 'db'>, { userId }: Pick<Actor, 'userId'>): Promise<PasskeyView[]> {
  const rows = await deps.db.$queryRaw<{ passkey: PasskeyRow }[]>(Prisma.sql`
    select ${passkeyJson('p')} as passkey from passkeys p where p.user_id = ${userId}::uuid
    order by p.created_at desc, p.id limit ${maxPasskeysPerAccount}::int`);
  return rows.map(({ passkey }) => passkeyView(passkey));
}

/** What a device keeps as whose the passkey is, base64url. */
export function handleOf(userId: string): string {
  return Buffer.from(userId.replaceAll('-', ''), 'hex').toString('base64url');
}

/** Body of a CTE that notes a challenge as used; it yields nothing if that was done before. */
export function spendProof(proof: string, until: Date, from: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`
    insert into spent_proofs (hash, expires_at)
    select decode(${createHash('sha256').update(proof).digest('hex')}, 'hex'), ${until.toISOString()}::timestamptz from ${from}
    on conflict (hash) do nothing returning hash`;
}

interface PasskeyRow {
  id: string;
  name: string;
  rpId: string;
  createdAt: Instant;
  lastUsedAt: Instant | null;
}

function passkeyJson(alias: 'p' | 'made'): Prisma.Sql {
  return Prisma.raw(`json_build_object('id', ${alias}.id, 'name', ${alias}.name, 'rpId', ${alias}.rp_id, 'createdAt', ${alias}.created_at,
    'lastUsedAt', ${alias}.last_used_at)`);
}

function passkeyView({ id, name, rpId, createdAt, lastUsedAt }: PasskeyRow): PasskeyView {
  return { id, name, host: rpId, createdAt: toIso(createdAt), lastUsedAt: lastUsedAt === null ? null : toIso(lastUsedAt) };
}
