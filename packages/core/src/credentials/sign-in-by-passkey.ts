import { AppError, type PasskeyProof, type PasskeyRequest } from '@parley/contracts';
import { Prisma } from '@parley/db';
import { verifyAuthenticationResponse } from '@simplewebauthn/server';
import { auditEntries } from '../audit/audit-statements.js';
import type { CoreDeps } from '../deps.js';
import { accountJson, type AccountRow } from '../protocol/account-rows.js';
import { noteSecurity } from '../security-log.js';
import type { AccessTokens } from '../sessions/access-tokens.js';
import { TriedAccount } from '../sessions/login.js';
import { newSession, signedIn, type SignedIn } from '../sessions/signed-in.js';
import { accountClosed, accountOpen } from '../sessions/standing-session.js';
import { challengeMs, type Challenges } from './challenges.js';
import { handleOf, spendProof, type PasskeyPage } from './passkeys.js';

const purposeOf = ({ rpId }: PasskeyPage) => `get ${rpId}`;

/** What the page asks the devices for: any passkey of this host. Nobody learns who has one. */
export function requestPasskey(challenges: Challenges, page: PasskeyPage): PasskeyRequest {
  return { challenge: challenges.issue(purposeOf(page)), rpId: page.rpId, timeout: challengeMs, userVerification: 'required' };
}

/**
 * Signs in whoever a passkey is of. The device has checked who holds it, so no code is asked for. A challenge is good once, and a device
 * that counts its uses must count on: one that does not is a copy.
 *
 * @throws AppError PASSKEY_REFUSED, ACCOUNT_DISABLED
 */
export async function signInByPasskey(
  deps: Pick<CoreDeps, 'db' | 'log'> & { tokens: AccessTokens; challenges: Challenges },
  { page, proof }: { page: PasskeyPage; proof: PasskeyProof },
): Promise<SignedIn> {
  const [found] = await deps.db.$queryRaw<
    { userId: string; username: string; publicKey: Uint8Array; counter: number; transports: string[]; disabled: boolean }[]
  >(Prisma.sql`
    select p.user_id as "userId", u.username, p.public_key as "publicKey", p.counter::float8 as counter, p.transports, ${accountClosed} as disabled
    from passkeys p join users u on u.id = p.user_id where p.id = ${proof.id} and p.rp_id = ${page.rpId}`);
  if (!found) throw new AppError('PASSKEY_REFUSED', 'This passkey is not known here any more. Sign in another way.');
  const { userId, username } = found;
  const cause = new TriedAccount(userId, username);
  // A device says whose passkey it is: what it says must be who we know it for.
  if (proof.response.userHandle !== undefined && proof.response.userHandle !== handleOf(userId))
    throw new AppError('PASSKEY_REFUSED', undefined, { cause });
  let shown = '';
  let until: Date | null = null;
  const verified = await verifyAuthenticationResponse({
    response: { ...proof, clientExtensionResults: {} } as never,
    expectedChallenge: (challenge) => {
      shown = challenge;
      until = deps.challenges.check(challenge, purposeOf(page));
      return until !== null;
    },
    expectedOrigin: page.origin,
    expectedRPID: page.rpId,
    requireUserVerification: true,
    credential: { id: proof.id, publicKey: new Uint8Array(found.publicKey), counter: found.counter },
  }).catch(() => null);
  if (!verified?.verified || until === null) throw new AppError('PASSKEY_REFUSED', undefined, { cause });
  if (found.disabled) throw new AppError('ACCOUNT_DISABLED', undefined, { cause });
  const counter = verified.authenticationInfo.newCounter;
  const { sessionId, refreshToken, ctes } = newSession('passkey');
  const [row] = await deps.db.$queryRaw<{ account: AccountRow }[]>(Prisma.sql`
    with spent as (${spendProof(shown, until, Prisma.sql`(select 1) once`)}),
    used as (
      update passkeys p set counter = ${counter}::bigint, last_used_at = now() from spent
      where p.id = ${proof.id} and p.user_id = ${userId}::uuid and (p.counter < ${counter}::bigint or ${counter}::bigint = 0 and p.counter = 0)
      returning p.user_id
    ),
    account as (select u.* from users u join used on used.user_id = u.id where ${accountOpen} for share of u),
    ${ctes},
    audited as (${auditEntries({ event: 'session.began', by: { userId, sessionId, username }, detail: { how: 'passkey' } }, Prisma.sql`session`)})
    select ${accountJson('account')} as account from account`);
  if (!row) throw new AppError('PASSKEY_REFUSED', undefined, { cause });
  noteSecurity(deps.log, 'signed in', { userId, username });
  return await signedIn(deps.tokens, row.account, sessionId, refreshToken);
}
