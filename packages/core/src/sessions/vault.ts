import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';

const algorithm = 'aes-256-gcm';
const nonceBytes = 12;
const tagBytes = 16;

/**
 * Seals texts that the database must not have as they are: answers that are kept and may show a key, secrets of second steps. What is
 * sealed opens in every process that has the same secret, for the same purpose, and under the id that it was sealed for alone.
 */
export class Vault {
  readonly #key: Buffer;

  /** @param secret shared by all processes @param purpose keeps texts of several kinds apart: none opens as one of another */
  constructor(secret: string, purpose: 'kept answers' | 'second steps') {
    this.#key = Buffer.from(hkdfSync('sha256', secret, '', `parley: ${purpose}`, 32));
  }

  seal(id: string, text: string): Uint8Array {
    const nonce = randomBytes(nonceBytes);
    const cipher = createCipheriv(algorithm, this.#key, nonce).setAAD(Buffer.from(id));
    const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
    return Buffer.concat([nonce, cipher.getAuthTag(), sealed]);
  }

  /** Null for what was sealed with another secret or for another id. */
  open(id: string, sealed: Uint8Array): string | null {
    const bytes = Buffer.from(sealed);
    const decipher = createDecipheriv(algorithm, this.#key, bytes.subarray(0, nonceBytes), { authTagLength: tagBytes })
      .setAAD(Buffer.from(id))
      .setAuthTag(bytes.subarray(nonceBytes, nonceBytes + tagBytes));
    try {
      return decipher.update(bytes.subarray(nonceBytes + tagBytes), undefined, 'utf8') + decipher.final('utf8');
    } catch {
      return null;
    }
  }
}
