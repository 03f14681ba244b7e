import { AppError } from '@parley/contracts';
import type { CoreDeps } from '@parley/core/deps';
import type { AccessTokens } from '@parley/core/sessions/access-tokens';
import type { Actor } from '@parley/core/sessions/actor';
import { findEndedSessions } from '@parley/core/sessions/find-ended-sessions';
import { loadActor } from '@parley/core/sessions/load-actor';

/**
 * Proves who calls. A token says to whom it was issued; the guard asks the database whether that session still holds, at most once a
 * second for each session.
 */
export class SessionGuard {
  readonly #core: CoreDeps;
  readonly #tokens: AccessTokens;
  readonly #freshMs: number;
  readonly #maxRemembered: number;
  readonly #checked = new Map<string, { at: number; actor: Promise<Actor> }>();

  /**
   * @param freshMs how long the guard trusts an answer of the database, in milliseconds
   * @param maxRemembered answers kept; past this the oldest is dropped
   */
  constructor(core: CoreDeps, tokens: AccessTokens, freshMs: number, maxRemembered = 20_000) {
    this.#core = core;
    this.#tokens = tokens;
    this.#freshMs = freshMs;
    this.#maxRemembered = maxRemembered;
  }

  /** @throws AppError UNAUTHENTICATED, TOKEN_EXPIRED, SESSION_REVOKED or ACCOUNT_DISABLED */
  async authenticate(accessToken: string): Promise<Actor> {
    const claims = await this.#tokens.verify(accessToken);
    const known = this.#checked.get(claims.sessionId);
    if (known && performance.now() - known.at < this.#freshMs) return { ...(await known.actor), expiresAt: claims.expiresAt };
    const actor = loadActor(this.#core, claims.userId, claims.sessionId).then((current) => ({ ...claims, ...current }));
    this.#checked.delete(claims.sessionId);
    this.#checked.set(claims.sessionId, { at: performance.now(), actor });
    if (this.#checked.size > this.#maxRemembered) this.#checked.delete(this.#checked.keys().next().value!);
    actor.catch(() => this.#checked.delete(claims.sessionId));
    return actor;
  }

  /** Forgets a session's answer, because the session ended or its user's role changed: the next call asks the database. */
  forget(sessionId: string | null): void {
    if (sessionId === null) this.#checked.clear();
    else this.#checked.delete(sessionId);
  }

  /** Which of these sessions are over; the sweep over live sockets asks this. */
  ended(sessionIds: string[]): Promise<string[]> {
    return findEndedSessions(this.#core, sessionIds);
  }
}

/** The token of an `Authorization: Bearer …` header; null without one. */
export function bearerToken(header: string | undefined): string | null {
  if (!header) return null;
  const match = /^Bearer ([\w.-]{1,4096})$/i.exec(header);
  if (!match) throw new AppError('UNAUTHENTICATED', 'The Authorization header must be “Bearer” and an access token.');
  return match[1]!;
}
