import { Prisma } from '@parley/db';
import type { CoreDeps } from '../deps.js';
import { judgedTokens, type RefreshOptions, type RefreshOutcome } from './judge-refresh-tokens.js';
import { hashSecretToken } from './secret-token.js';

interface JudgedRow {
  hash: string;
  tokenId: string;
  sessionId: string;
  outcome: RefreshOutcome;
}

export interface ChosenToken {
  /** The token to exchange. */
  token: string;
  /** Those of the given tokens that this server has issued. */
  known: string[];
}

/** Which token comes before which: first the good ones; then those whose exchange would find a copy, which must not be missed. */
const order: readonly RefreshOutcome[] = ['rotated', 'sibling', 'reused', 'forked', 'disabled', 'revoked', 'expired'];

const isGood = ({ outcome }: JudgedRow) => outcome === 'rotated' || outcome === 'sibling';

/**
 * Says which of several refresh tokens of one browser to exchange. To try one after the other would not do: to exchange a spent one ends
 * its session. Of two sessions it is the one whose good token is given first. Of two good tokens of one session it is the one that was not
 * exchanged yet, then the younger, which is the branch that somebody went on with.
 *
 * @returns null if this server has issued none of them
 */
export async function chooseRefreshToken(
  { db }: Pick<CoreDeps, 'db'>,
  tokens: readonly string[],
  options: RefreshOptions = {},
): Promise<ChosenToken | null> {
  const rows = await db.$queryRaw<JudgedRow[]>(Prisma.sql`
    with ${judgedTokens(tokens, options)}
    select encode(hash, 'hex') as hash, token_id as "tokenId", session_id as "sessionId", outcome from judged`);
  const judged = tokens.flatMap((token) => {
    const row = rows.find(({ hash }) => hash === hashSecretToken(token));
    return row ? [{ token, ...row }] : [];
  });
  const session = judged.find(isGood)?.sessionId;
  const eligible = session === undefined ? judged : judged.filter((one) => isGood(one) && one.sessionId === session);
  // Ids grow with time. Where none is good, the order that was given decides between equals.
  const byAge = (a: JudgedRow, b: JudgedRow) => (session === undefined ? 0 : a.tokenId < b.tokenId ? 1 : -1);
  const [best] = eligible.toSorted((a, b) => order.indexOf(a.outcome) - order.indexOf(b.outcome) || byAge(a, b));
  return best ? { token: best.token, known: judged.map(({ token }) => token) } : null;
}
