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

/** Which token comes before which: first those that are good, then those whose exchange would find a copy, which must not be missed. */
const order: readonly RefreshOutcome[] = ['rotated', 'sibling', 'reused', 'forked', 'disabled', 'revoked', 'expired'];

/**
 * Says which of several refresh tokens of one browser to exchange. To try one after the other would not do: to exchange a spent one ends
 * its session. Of two good tokens of one session it is the younger, which is the branch that somebody went on with; of two sessions it
 * is the one that is given first.
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
  const [best, ...others] = judged.toSorted((a, b) => order.indexOf(a.outcome) - order.indexOf(b.outcome));
  if (!best) return null;
  const equals = others.filter(({ outcome, sessionId }) => outcome === best.outcome && sessionId === best.sessionId);
  // Ids grow with time.
  const { token } = equals.reduce((a, b) => (b.tokenId > a.tokenId ? b : a), best);
  return { token, known: judged.map((one) => one.token) };
}
