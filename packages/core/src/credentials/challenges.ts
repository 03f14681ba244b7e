import { createHmac, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto';

const randomLength = 16;
const timeLength = 6;
const bodyLength = randomLength + timeLength;

/** How long a person has to answer a challenge, in milliseconds: to find the device and to unlock it. */
export const challengeMs = 300_000;

/**
 * Challenges for passkeys. One says itself until when it is good and what for, under a signature, so asking for one costs no row: strangers may ask as often as
 * their limit allows. Whoever takes an answer notes the challenge as spent, in the same statement.
 */
export class Challenges {
  readonly #key: Buffer;

  /** @param secret shared by all processes */
  constructor(secret: string) {
    this.#key = Buffer.from(hkdfSync('sha256', secret, '', 'parley: challenges', 32));
  }

  /** @param purpose what its answer is good for. @returns base64url */
  issue(purpose: string, now = Date.now()): string {
    const time = Buffer.alloc(timeLength);
    time.writeUIntBE(now + challengeMs, 0, timeLength);
    const body = Buffer.concat([randomBytes(randomLength), time]);
    return Buffer.concat([body, this.#sign(body, purpose)]).toString('base64url');
  }

  /** Until when it is good; null for what is none of ours, for another purpose, or over. */
  check(challenge: string, purpose: string, now = Date.now()): Date | null {
    const bytes = Buffer.from(challenge, 'base64url');
    if (bytes.length !== bodyLength + 32) return null;
    const body = bytes.subarray(0, bodyLength);
    if (!timingSafeEqual(bytes.subarray(bodyLength), this.#sign(body, purpose))) return null;
    const until = body.readUIntBE(randomLength, timeLength);
    return until > now ? new Date(until) : null;
  }

  #sign(body: Buffer, purpose: string): Buffer {
    return createHmac('sha256', this.#key).update(body).update(purpose).digest();
  }
}
