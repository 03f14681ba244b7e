import { Prisma } from '@parley/db';
import type { CoreDeps } from '../deps.js';
import { keptFor, overdue } from './kept-answer.js';

export interface CallToClaim {
  /** Stands for who calls and the key that they gave the call. */
  id: string;
  /** SHA-256 of what is asked for, in hex: the same key may not ask for anything else. */
  requestHex: string;
  /** A new id: it fences what is written for this claim. */
  claimId: string;
  /** True if doing the call twice does no harm, so that one whose process died may be done again. */
  mayRepeat: boolean;
}

export type Claim =
  /** Nobody has done the call: it is the claimer's to do, and then to keep, drop or give up. */
  | { kind: 'begun' }
  /** It was done; `answer` is what was kept. */
  | { kind: 'kept'; status: number; answer: Uint8Array }
  /** Another process, or another request to this one, is doing it. */
  | { kind: 'underWay' }
  /** It was begun, and nobody knows whether it was done. */
  | { kind: 'unknown' }
  | { kind: 'otherRequest' };

interface ClaimRow {
  begun: boolean;
  same: boolean | null;
  status: number | null;
  answer: Uint8Array | null;
  late: boolean | null;
}

/** Claims a call that has a key of its caller's, so that it is done once however often and wherever it is asked for. */
export async function claimCall({ db }: Pick<CoreDeps, 'db'>, { id, requestHex, claimId, mayRepeat }: CallToClaim): Promise<Claim> {
  const [row] = await db.$queryRaw<ClaimRow[]>(Prisma.sql`
    with begun as (
      insert into kept_answers as k (id, request, claim_id)
      values (${id}::uuid, decode(${requestHex}, 'hex'), ${claimId}::uuid)
      on conflict (id) do update set request = excluded.request, claim_id = excluded.claim_id, claimed_at = now(), status = null, answer = null
      where not ${keptFor('k')}
        or (${mayRepeat}::boolean and k.status is null and k.request = excluded.request and ${overdue('k')})
      returning k.id
    )
    select exists (select 1 from begun) as begun, k.request = decode(${requestHex}, 'hex') as same, k.status, k.answer,
      ${overdue('k')} as late
    from (select ${id}::uuid as id) wanted left join kept_answers k on k.id = wanted.id`);
  const { begun, same, status, answer, late } = row!;
  if (begun) return { kind: 'begun' };
  // Claimed while this statement began: it did not see the row.
  if (same === null) return { kind: 'underWay' };
  if (!same) return { kind: 'otherRequest' };
  if (status !== null) return answer === null ? { kind: 'unknown' } : { kind: 'kept', status, answer };
  return { kind: late ? 'unknown' : 'underWay' };
}
