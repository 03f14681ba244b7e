import { AppError } from '@parley/contracts';
import type { CoreDeps } from '@parley/core/deps';
import { looksLikeKey, readKey } from '@parley/core/keys/key-text';
import { loadKeyActor } from '@parley/core/keys/load-key-actor';
import type { AccessTokens } from '@parley/core/sessions/access-tokens';
import type { Actor } from '@parley/core/sessions/actor';
import { findEndedSessions } from '@parley/core/sessions/find-ended-sessions';
import { loadActor, noteSessionUse } from '@parley/core/sessions/load-actor';

/**
 * Proves who calls. A token says to whom it was issued; the guard asks the database whether that session still holds, at most once a
 * second for each session.
 */
export class SessionGuard {
  readonly #core: CoreDeps;
  readonly #tokens: AccessTokens;
  readonly #freshMs: number;
  readonly #maxRemembered: number;
  readonly #checked = new Map<string, { at: number; proof: string; actor: Promise<Actor> }>();

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

  /**
   * @param token an access token, or a key
   * @throws AppError UNAUTHENTICATED, TOKEN_EXPIRED, SESSION_REVOKED or ACCOUNT_DISABLED
   */
  async authenticate(token: string): Promise<Actor> {
    if (looksLikeKey(token)) return this.#authenticateKey(token);
    const claims = await this.#tokens.verify(token);
    const load = async () => {
      const { username, role, stale } = await loadActor(this.#core, claims.userId, claims.sessionId);
      if (stale) void noteSessionUse(this.#core, claims.sessionId);
      return { ...claims, username, role };
    };
    return { ...(await this.#remembered(claims.sessionId, '', load)), expiresAt: claims.expiresAt };
  }

  /** Who acts by a session that something else than its own token or key proved. @throws AppError SESSION_REVOKED or ACCOUNT_DISABLED */
  authenticateSession({ userId, sessionId }: { userId: string; sessionId: string }): Promise<Actor> {
    const load = async () => {
      const { endsAt, stale: _, ...actor } = await loadActor(this.#core, userId, sessionId);
      return { ...actor, expiresAt: endsAt };
    };
    return this.#remembered(sessionId, '', load);
  }

  async #authenticateKey(token: string): Promise<Actor> {
    const key = readKey(token);
    if (!key) throw new AppError('UNAUTHENTICATED', 'This is no key. Check that it was copied whole.');
    const actor = await this.#remembered(key.sessionId, key.hashHex, () => loadKeyActor(this.#core, key));
    if (actor.expiresAt <= Date.now()) throw new AppError('SESSION_REVOKED', 'The time of this key is over. Make a new one.');
    return actor;
  }

  /**
   * What the database said of a session a moment ago, or says now.
   *
   * @param proof what was shown beside the session's id, and has to be the same for an answer to hold
   */
  #remembered(sessionId: string, proof: string, load: () => Promise<Actor>): Promise<Actor> {
    const known = this.#checked.get(sessionId);
    const fresh = known !== undefined && performance.now() - known.at < this.#freshMs;
    if (fresh && known.proof === proof) return known.actor;
    const actor = load();
    const entry = { at: performance.now(), proof, actor };
    // Whoever shows a wrong key of a session must not push out what is known of the right one.
    if (fresh) return actor;
    this.#checked.delete(sessionId);
    this.#checked.set(sessionId, entry);
    if (this.#checked.size > this.#maxRemembered) this.#checked.delete(this.#checked.keys().next().value!);
    actor.catch(() => {
      if (this.#checked.get(sessionId) === entry) this.#checked.delete(sessionId);
    });
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
  if (!match) throw new AppError('UNAUTHENTICATED', 'The Authorization header must be “Bearer” and an access token or a key.');
  return match[1]!;
}
