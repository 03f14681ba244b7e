import { AppError } from '@parley/contracts';
import { hash, verify, type Options } from '@node-rs/argon2';

export interface PasswordHasherOptions {
  /** How many hashes are computed at once. Each takes a thread of libuv's pool (four by default) and `memoryKib`. @default 2 */
  maxConcurrent?: number;
  /** Calls that may wait for a turn; one more is refused. @default 100 */
  maxWaiting?: number;
  /** Memory of one hash, in KiB. @default 19456 */
  memoryKib?: number;
  /** Passes over that memory. @default 2 */
  passes?: number;
}

/** How long a refused caller is told to wait. */
const retryAfterMs = 2_000;

/**
 * Hashes passwords with argon2id, at most `maxConcurrent` at once: a crowd signing in must not take the process's memory or its thread
 * pool. The defaults are the first choice of OWASP's Password Storage Cheat Sheet: m = 19 MiB, t = 2, p = 1.
 *
 * A password is hashed in Unicode's form NFKC (NIST SP 800-63B, 5.1.1.2): one device types “é” as one character, another as two. Hashes of
 * before were made of what was typed, so what was typed is tried after it.
 */
export class PasswordHasher {
  readonly #options: Options;
  readonly #maxConcurrent: number;
  readonly #maxWaiting: number;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(options: PasswordHasherOptions = {}) {
    // The library's default algorithm is argon2id; its enum is not importable under isolatedModules.
    this.#options = { memoryCost: options.memoryKib ?? 19_456, timeCost: options.passes ?? 2, parallelism: 1 };
    this.#maxConcurrent = options.maxConcurrent ?? 2;
    this.#maxWaiting = options.maxWaiting ?? 100;
  }

  /**
   * @returns a PHC string (`$argon2id$…`) with a salt of its own
   * @throws AppError UNAVAILABLE with `retryAfterMs` when too many wait
   */
  hash(password: string): Promise<string> {
    return this.#inTurn(() => hash(password.normalize('NFKC'), this.#options));
  }

  /** @throws AppError UNAVAILABLE with `retryAfterMs` when too many wait; Error if `stored` is no PHC string */
  verify(stored: string, password: string): Promise<boolean> {
    return this.#inTurn(async () => {
      for (const form of formsOf(password)) if (await verify(stored, form)) return true;
      return false;
    });
  }

  /** Costs as much as a {@link verify} that answers false, which it always does: for sign-ins with a name that nobody has. */
  async verifyNothing(password: string): Promise<false> {
    for (const form of formsOf(password)) await this.hash(form);
    return false;
  }

  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running < this.#maxConcurrent) this.#running++;
    else {
      if (this.#waiting.length >= this.#maxWaiting) {
        throw new AppError('UNAVAILABLE', 'Too many people are signing in at once. Try again in a moment.', { retryAfterMs });
      }
      // A call that ends hands its turn to the next one, so the number of running calls stays the same.
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#running--;
    }
  }
}

/** What a stored hash may have been made of: one form for most passwords, two where NFKC is not what was typed. */
function formsOf(password: string): ReadonlySet<string> {
  return new Set([password.normalize('NFKC'), password]);
}
