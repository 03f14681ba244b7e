import { createHash, randomBytes } from 'node:crypto';

/** A secret handed out once, of which only the hash is kept: refresh tokens and invitations. */
export interface SecretToken {
  /** 256 random bits, base64url, 43 characters. */
  token: string;
  hashHex: string;
}

export function newSecretToken(): SecretToken {
  const token = randomBytes(32).toString('base64url');
  return { token, hashHex: hashSecretToken(token) };
}

/** SHA-256 in hex. With 256 random bits behind it there is nothing to guess, so no slow hash is needed. */
export function hashSecretToken(token: string): string {
  return createHash('sha256').update(token, 'utf8').digest('hex');
}
