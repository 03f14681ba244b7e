import { createSecretKey, type KeyObject } from 'node:crypto';
import { AppError, type InstanceRole } from '@parley/contracts';
import { errors, jwtVerify, SignJWT } from 'jose';
import type { Actor } from './actor.js';
import { StepTokens } from './step-tokens.js';

/** HS256 wants a key at least as long as its hash (RFC 7518, section 3.2). */
const minSecretBytes = 32;

export interface AccessTokensOptions {
  /** Shared by all processes; at least {@link minSecretBytes} bytes of UTF-8. */
  secret: string;
  /** @default 900000, 15 minutes */
  ttlMs?: number;
  /** The clock, in milliseconds since the epoch. @default Date.now */
  now?: () => number;
}

export interface IssuedToken {
  accessToken: string;
  /** ISO 8601 in UTC. */
  expiresAt: string;
}

/**
 * Access tokens are short-lived proofs of identity: JWTs signed with HS256. A token says who signed in and in which session. Only the
 * database knows whether that session still stands.
 */
export class AccessTokens {
  readonly #key: KeyObject;
  readonly #ttlMs: number;
  readonly #now: () => number;
  /** What stands between the two steps of a sign-in. */
  readonly steps: StepTokens;

  /** @throws TypeError if the secret is too short */
  constructor(options: AccessTokensOptions) {
    const secret = Buffer.from(options.secret, 'utf8');
    if (secret.length < minSecretBytes) throw new TypeError(`the session secret needs at least ${minSecretBytes} bytes`);
    this.#key = createSecretKey(secret);
    this.steps = new StepTokens(options.secret);
    this.#ttlMs = options.ttlMs ?? 15 * 60_000;
    this.#now = options.now ?? Date.now;
  }

  async issue(actor: Omit<Actor, 'expiresAt'>): Promise<IssuedToken> {
    const issuedAt = Math.floor(this.#now() / 1000);
    const expiresAt = Math.floor((this.#now() + this.#ttlMs) / 1000);
    const accessToken = await new SignJWT({ sid: actor.sessionId, username: actor.username, role: actor.role })
      .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
      .setSubject(actor.userId)
      .setIssuedAt(issuedAt)
      .setExpirationTime(expiresAt)
      .sign(this.#key);
    return { accessToken, expiresAt: new Date(expiresAt * 1000).toISOString() };
  }

  /** @throws AppError TOKEN_EXPIRED for a token of ours that has expired, UNAUTHENTICATED for anything else */
  async verify(accessToken: string): Promise<Actor> {
    try {
      const { payload } = await jwtVerify(accessToken, this.#key, {
        algorithms: ['HS256'],
        requiredClaims: ['sub', 'sid', 'iat', 'exp'],
        currentDate: new Date(this.#now()),
      });
      const { sub, sid, username, role, exp } = payload;
      if (typeof sub !== 'string' || typeof sid !== 'string' || typeof username !== 'string' || !isRole(role)) {
        throw new AppError('UNAUTHENTICATED');
      }
      return { userId: sub, sessionId: sid, username, role, expiresAt: exp! * 1000 };
    } catch (error) {
      if (error instanceof errors.JWTExpired) throw new AppError('TOKEN_EXPIRED', undefined, { cause: error });
      if (error instanceof errors.JOSEError) throw new AppError('UNAUTHENTICATED', undefined, { cause: error });
      throw error;
    }
  }
}

function isRole(value: unknown): value is InstanceRole {
  return value === 'admin' || value === 'user';
}
