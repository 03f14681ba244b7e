import type { IncomingMessage } from 'node:http';
import { cutText, maxKeptAnswer } from '@parley/contracts';
import type { AllowedAddresses } from '@parley/core/webhooks/private-addresses';
import { reachTarget } from '@parley/core/webhooks/reach-target';
import { signedHeaders } from '@parley/core/webhooks/signed-headers';
import { findWebhookTarget, type Resolve } from '@parley/core/webhooks/webhook-target';
import type { ClaimedDelivery, DeliveryAttempt } from '@parley/core/webhooks/webhook-sink';
import type { HostPlaces } from './host-places.js';

export interface SendOptions {
  /** Private addresses that may be called. */
  allowed: AllowedAddresses;
  /** How long all of it may take, in milliseconds. */
  limitMs: number;
  signal: AbortSignal;
  hosts: HostPlaces;
  /** Finds the addresses of a name. @default as `findWebhookTarget` does */
  resolve?: Resolve | undefined;
}

/** How sending went, and how long the receiver asked to wait, in milliseconds; null if it did not ask. */
export type SentDelivery = DeliveryAttempt & { retryAfterMs: number | null };

/** How much of an answer is read. */
const maxAnswerBytes = 64 * 1024;

/**
 * Sends one event: signed by the Standard Webhooks scheme, to the one host that the address leads to now. It follows no redirect. Never
 * rejects, unless the signal fires.
 *
 * @returns null, with nothing sent, if the host is sent as much at once as it may be
 * @throws the signal's reason
 */
export async function sendDelivery(claim: ClaimedDelivery, options: SendOptions): Promise<SentDelivery | null> {
  const { allowed, limitMs, signal, hosts, resolve } = options;
  let leave: (() => void) | null = null;
  const begunAt = performance.now();
  const timeUp = AbortSignal.timeout(limitMs);
  const ended = (result: Partial<SentDelivery>): SentDelivery => ({
    durationMs: performance.now() - begunAt,
    status: null,
    error: null,
    answer: '',
    retryAfterMs: null,
    ...result,
  });
  try {
    const target = await findWebhookTarget(claim.url, allowed, resolve);
    signal.throwIfAborted();
    if (target.kind === 'refused') return ended({ error: target.why });
    leave = hosts.take(target.address);
    if (!leave) return null;
    const body = JSON.stringify(claim.body);
    const over = AbortSignal.any([signal, timeUp]);
    const answer = await reachTarget(target, {
      method: 'POST',
      headers: signedHeaders({ id: claim.deliveryId, body, secrets: claim.secrets }),
      body,
      signal: over,
    });
    const status = answer.statusCode ?? 0;
    const retryAfterMs = retryAfter(answer.headers['retry-after']);
    const text = await beginningOf(answer, over);
    return ended({ status, answer: text, retryAfterMs, error: errorOf(status) });
  } catch (error) {
    signal.throwIfAborted();
    if (timeUp.aborted) return ended({ error: `There was no answer within ${limitMs / 1000} seconds.` });
    return ended({ error: `The connection failed: ${reasonOf(error)}.` });
  } finally {
    leave?.();
  }
}

/**
 * Reads an answer as far as its size allows, then leaves it. What its status says holds also where the rest breaks off: a receiver that took the
 * event, and counts the bytes of its answer wrong, would be sent it again for a day.
 *
 * @throws once `over` has fired
 */
async function beginningOf(answer: IncomingMessage, over: AbortSignal): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes >= maxAnswerBytes) break;
    }
  } catch {
    over.throwIfAborted();
  }
  answer.destroy();
  const text = Buffer.concat(chunks)
    .subarray(0, 4 * maxKeptAnswer)
    .toString('utf8')
    .replaceAll('\0', '');
  return cutText(text, maxKeptAnswer).toWellFormed();
}

function errorOf(status: number): string | null {
  if (status >= 200 && status < 300) return null;
  if (status >= 300 && status < 400) return `The answer was a redirect (HTTP ${status}), which is not followed.`;
  return `The answer was HTTP ${status}.`;
}

/** The seconds of the header, or the time until its date; null without one that can be read. */
function retryAfter(header: string | undefined): number | null {
  if (header === undefined) return null;
  const seconds = Number(header);
  const ms = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(header) - Date.now();
  return Number.isFinite(ms) && ms > 0 ? ms : null;
}

function reasonOf(error: unknown): string {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code;
  return 'it broke off';
}
