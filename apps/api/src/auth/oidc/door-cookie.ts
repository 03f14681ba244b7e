import { createHash, createSecretKey, hkdfSync, type KeyObject } from 'node:crypto';
import { jwtVerify, SignJWT } from 'jose';
import { z } from 'zod';
import type { SentRequest } from './provider-client.js';

/** How long a person may take to sign in at the provider, in seconds. */
export const doorSeconds = 900;

const keptSchema = z.object({
  provider: z.string(),
  state: z.string(),
  nonce: z.string(),
  verifier: z.string(),
  fresh: z.boolean(),
  next: z.string(),
});

/** A sign-in under way at a provider: what was sent there, and where the person goes afterwards. */
export interface KeptRequest extends SentRequest {
  provider: string;
  /** A path of this page. */
  next: string;
}

/**
 * Keeps a sign-in that is under way in the browser that began it, signed, so that nobody else's answer is taken for its own (login CSRF).
 * Each has a cookie of its own, by its `state`: two tabs do not take each other's.
 */
export class DoorCookie {
  readonly #key: KeyObject;

  /** @param secret shared by all processes */
  constructor(secret: string) {
    // A key of its own: nothing that signs tokens makes such a cookie, nor the other way about.
    this.#key = createSecretKey(Buffer.from(hkdfSync('sha256', secret, '', 'sign-in at a provider', 32)));
  }

  static nameOf(state: string): string {
    return `parley_door_${createHash('sha256').update(state).digest('hex').slice(0, 16)}`;
  }

  seal(kept: KeptRequest): Promise<string> {
    return new SignJWT({ ...kept })
      .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
      .setExpirationTime(new Date(Date.now() + doorSeconds * 1000))
      .sign(this.#key);
  }

  /** @returns null for what this server did not seal, and for what is too old */
  async open(sealed: string | undefined): Promise<KeptRequest | null> {
    if (!sealed || sealed.length > 4_096) return null;
    try {
      const { payload } = await jwtVerify(sealed, this.#key, { algorithms: ['HS256'], requiredClaims: ['exp'] });
      return keptSchema.parse(payload);
    } catch {
      return null;
    }
  }
}

const onThisPage = /^\/(?![/\\])/;

/** A path of this page, and nothing that a browser would take for another host; otherwise the page's beginning. */
export function pathOfPage(next: unknown): string {
  if (typeof next !== 'string' || next.length > 2_000 || !onThisPage.test(next)) return '/';
  const here = 'http://here.invalid';
  if (!URL.canParse(next, here)) return '/';
  const { origin, pathname, search, hash } = new URL(next, here);
  // The parser drops tabs, and resolves `/.//host` to `//host`: look at what it leaves.
  return origin === here && onThisPage.test(pathname) ? `${pathname}${search}${hash}` : '/';
}
