import { createHash, randomBytes } from 'node:crypto';

/** A secret that is handed out once, and of which only the hash is kept: a refresh token or an invitation. */
export interface SecretToken {
  /** 256 random bits, base64url, 43 characters. */
  token: string;
  hashHex: string;
}

export function newSecretToken(): SecretToken {
  const token = randomBytes(32).toString('base64url');
  return { token, hashHex: hashSecretToken(token) };
}

/** SHA-256 in hex. A token has 256 random bits, so it cannot be guessed, and no slow hash is needed. */
export function hashSecretToken(token: string): string {
  return createHash('sha256').update(token, 'utf8').digest('hex');
}
