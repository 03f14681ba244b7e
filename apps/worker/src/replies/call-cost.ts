import type { Usage } from '@parley/contracts';
import { APICallError } from '@ai-sdk/provider';
import { costOf, type PriceTable, type Spent } from '@parley/core/jobs/model-prices';
import type { CallEstimate } from '@parley/core/jobs/ai-budget';
import { ModelError } from '../models/model-errors.js';
import { TokenEstimate, usageOr } from '@parley/core/prompts/build-prompt';

/** What of a model says what a call costs. */
export interface PaidModel {
  /** `provider:model`. */
  name: string;
  /** The most tokens that one call may give. */
  maxOutputTokens: number;
  prices: PriceTable;
}

/**
 * What one call to a model costs: what its provider says, else an estimate. It is known however the call ends, because the provider
 * counts the prompt and the output also of an answer that was cut, filtered, or never came.
 */
export class CallCost {
  readonly #promptTokens: number;
  readonly #model: PaidModel;
  readonly #output = new TokenEstimate();
  #said: Usage | null = null;
  #opened = false;
  #refused = false;

  /** @param promptTokens an estimate */
  constructor(promptTokens: number, model: PaidModel) {
    this.#promptTokens = promptTokens;
    this.#model = model;
  }

  /** The most that the call may use: its prompt, and the longest answer that the model may give. */
  most(maxOutputTokens = this.#model.maxOutputTokens): CallEstimate {
    const usage = { inputTokens: this.#promptTokens, outputTokens: Math.min(maxOutputTokens, this.#model.maxOutputTokens) };
    return { tokens: usage.inputTokens + usage.outputTokens, cost: costOf(this.#model.prices, this.#model.name, usage).cost };
  }

  /** Takes that the call is about to be opened. What is never opened costs nothing. */
  opens(): void {
    this.#opened = true;
  }

  /** Takes what the model wrote, thoughts too. */
  wrote(chunk: string): void {
    this.#output.add(chunk);
  }

  /** Takes what the provider says; null if it says nothing. */
  said(usage: Usage | null): void {
    this.#said = usage;
  }

  /** Takes the error with which the provider answered the call. If it did not begin to work on it, the call cost nothing. */
  failed(error: unknown): void {
    this.#refused = isRefusal(error);
  }

  get usage(): Usage {
    if (this.#refused || !this.#opened) return { inputTokens: 0, outputTokens: 0 };
    return usageOr({ inputTokens: this.#promptTokens, outputTokens: this.#output.tokens }, this.#said);
  }

  get spent(): Spent {
    return costOf(this.#model.prices, this.#model.name, this.usage);
  }
}

/** Statuses of gateways that gave up waiting: the model may have worked. */
const gaveUpWaiting = [408, 504];
/** Errors of a connection that was never there. */
const neverConnected = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'UND_ERR_CONNECT_TIMEOUT'];

/** True of an error that came instead of an answer, and says that no model worked: a wrong key, a rate limit, nobody there. */
function isRefusal(error: unknown): boolean {
  if (APICallError.isInstance(error) && error.statusCode !== undefined)
    return error.statusCode >= 400 && !gaveUpWaiting.includes(error.statusCode);
  for (let cause = error, depth = 0; cause instanceof Error && depth < 8; cause = cause.cause, depth++) {
    // Our own: no server at the address.
    if (cause instanceof ModelError && cause.code === 'MODEL_UNAVAILABLE') return true;
    if ('code' in cause && neverConnected.includes(String(cause.code))) return true;
  }
  return false;
}

export function sumOf(one: Usage | null, other: Usage | null): Usage | null {
  if (!one || !other) return one ?? other;
  const cachedTokens = (one.cachedTokens ?? 0) + (other.cachedTokens ?? 0);
  return {
    inputTokens: one.inputTokens + other.inputTokens,
    ...(cachedTokens > 0 && { cachedTokens }),
    outputTokens: one.outputTokens + other.outputTokens,
  };
}
