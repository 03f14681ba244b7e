import { createHash, createSecretKey, type KeyObject } from 'node:crypto';
import { AppError } from '@parley/contracts';
import { jwtVerify, SignJWT } from 'jose';

/** Keeps these apart from access tokens and tickets: none is taken for another. */
const audience = 'second-step';
/** How long a person has for the second step, in seconds: to find the phone, and to type a code again. */
const lifetimeSeconds = 300;

/**
 * Proofs that the first step of a sign-in succeeded, which the second step shows. One opens nothing else: no call takes it for who somebody
 * is, and nothing of it is kept. It ends with the password that it was given for.
 */
export class StepTokens {
  readonly #key: KeyObject;

  /** @param secret shared by all processes */
  constructor(secret: string) {
    this.#key = createSecretKey(Buffer.from(secret, 'utf8'));
  }

  issue(userId: string, passwordHash: string | null): Promise<string> {
    return new SignJWT({ password: markOf(passwordHash) })
      .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
      .setAudience(audience)
      .setSubject(userId)
      .setIssuedAt()
      .setExpirationTime(`${lifetimeSeconds}s`)
      .sign(this.#key);
  }

  /**
   * Whose first step it was.
   *
   * @throws AppError STEP_OVER for anything that is none, or not any more
   */
  async verify(step: string): Promise<{ userId: string; isFor: (passwordHash: string | null) => boolean }> {
    try {
      const { payload } = await jwtVerify(step, this.#key, { algorithms: ['HS256'], audience, requiredClaims: ['sub', 'exp'] });
      return { userId: payload.sub!, isFor: (passwordHash) => payload['password'] === markOf(passwordHash) };
    } catch (error) {
      throw new AppError('STEP_OVER', undefined, { cause: error });
    }
  }
}

/** Tells one password's hash from the next, and shows nothing of it: the hash has a random salt. */
function markOf(passwordHash: string | null): string {
  return createHash('sha256')
    .update(passwordHash ?? '')
    .digest('base64url');
}
