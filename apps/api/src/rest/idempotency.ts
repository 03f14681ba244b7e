import { createHash, randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { AppError, appErrors, backoffMs } from '@parley/contracts';
import { claimCall } from '@parley/core/answers/claim-call';
import { settleCall, type CallEnd } from '@parley/core/answers/settle-call';
import type { Actor } from '@parley/core/sessions/actor';
import { Vault } from '@parley/core/sessions/vault';
import { TRPCError } from '@trpc/server';
import type { ApiServices } from '../services.js';
import { toAppError } from '../trpc-errors.js';

/** How often a repeat looks whether the first request is done, and how long each time: five seconds in all. */
const looks = 14;
const lookMs = { firstMs: 20, maxMs: 500, least: 0.5 };

const maxKeyLength = 255;

/**
 * The key that a caller gave a request by the header `Idempotency-Key`; null without one.
 *
 * @throws AppError VALIDATION
 */
export function idempotencyKey(header: string | string[] | undefined): string | null {
  if (header === undefined) return null;
  const key = String(header).trim();
  if (key !== '' && key.length <= maxKeyLength) return key;
  throw new AppError('VALIDATION', `Idempotency-Key: give 1 to ${maxKeyLength} characters.`, { field: 'Idempotency-Key' });
}

/** An id that is always the same for the same words, as a UUID (version 8 of RFC 9562: of our own making). */
export function idOf(...words: readonly string[]): string {
  const bytes = createHash('sha256').update(JSON.stringify(words)).digest().subarray(0, 16);
  bytes[6] = (bytes[6]! & 0x0f) | 0x80;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** Whose keys these are: one person's, or of one key of theirs, whose answers are not for the others. */
export function holderOf({ userId, sessionId, key }: Actor): string {
  return key ? sessionId : userId;
}

export interface KeyedRequest {
  actor: Actor;
  /** What the caller named the request. */
  key: string;
  /** What is asked for, and with which input. */
  operation: string;
  input: unknown;
  /** The status of an answer. */
  status: number;
  /** True if doing the call twice does no harm. */
  mayRepeat: boolean;
}

/** Does requests once that have a key of their caller's, and answers repeats alike for a day. */
export class KeptAnswers {
  readonly #services: Pick<ApiServices, 'core' | 'calls'>;
  readonly #vault: Vault;
  readonly #onError: (error: unknown) => void;

  /** @param onError told that an answer could not be kept, which the caller is not told, because the call was done */
  constructor(services: Pick<ApiServices, 'core' | 'calls' | 'sessionSecret'>, onError: (error: unknown) => void) {
    this.#services = services;
    this.#vault = new Vault(services.sessionSecret, 'kept answers');
    this.#onError = onError;
  }

  /**
   * The answer to a request: what `work` answers, or what it answered the first time.
   *
   * @param work does the call; an error that it throws says whether something may have changed
   * @throws AppError IDEMPOTENCY_KEY_REUSED; OUTCOME_UNKNOWN where the process that did the call died; CONFLICT while another is doing it;
   * UNAVAILABLE; what `work` throws
   */
  async once(
    { actor, key, operation, input, status, mayRepeat }: KeyedRequest,
    work: () => Promise<string>,
  ): Promise<{ status: number; body: string }> {
    const claimed = { id: idOf(holderOf(actor), key), claimId: randomUUID() };
    const requestHex = createHash('sha256')
      .update(JSON.stringify([operation, inOrder(input)]))
      .digest('hex');
    const { core, calls } = this.#services;
    for (let look = 0; look < looks; look++) {
      const claim = await calls.run(() => claimCall(core, { ...claimed, requestHex, mayRepeat }), { userId: actor.userId });
      switch (claim.kind) {
        case 'begun':
          return { status, body: await this.#do(claimed, { status, mayRepeat }, work) };
        case 'kept': {
          const body = this.#vault.open(claimed.id, claim.answer);
          if (body === null) throw new AppError('OUTCOME_UNKNOWN');
          return { status: claim.status, body };
        }
        case 'otherRequest':
          throw new AppError('IDEMPOTENCY_KEY_REUSED');
        case 'unknown':
          throw new AppError('OUTCOME_UNKNOWN');
        case 'underWay':
          await setTimeout(backoffMs(look, lookMs));
      }
    }
    throw new AppError('CONFLICT', 'The first request with this Idempotency-Key is still being done. Repeat it in a moment.', {
      retryAfterMs: 1_000,
    });
  }

  async #do(
    claimed: { id: string; claimId: string },
    { status, mayRepeat }: Pick<KeyedRequest, 'status' | 'mayRepeat'>,
    work: () => Promise<string>,
  ): Promise<string> {
    let body: string;
    try {
      body = await work();
    } catch (error) {
      // What is refused has changed nothing. After a failure of ours nobody knows.
      const told = error instanceof TRPCError ? toAppError(error) : error;
      const refused = AppError.is(told) && appErrors[told.code].http < 500;
      await this.#settle(claimed, { kind: refused || mayRepeat ? 'undone' : 'unknown' });
      throw error;
    }
    await this.#settle(claimed, { kind: 'done', status, answer: this.#vault.seal(claimed.id, body) });
    return body;
  }

  /** Never throws: what is not settled is overdue in a minute. */
  async #settle(claimed: { id: string; claimId: string }, end: CallEnd): Promise<void> {
    try {
      await settleCall(this.#services.core, claimed, end);
    } catch (error) {
      this.#onError(error);
    }
  }
}

/** The value with the fields of its objects in one order: a program may write them in any. */
function inOrder(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(inOrder);
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, inner]) => [name, inOrder(inner)]),
  );
}
