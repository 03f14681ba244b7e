import { backoffMs } from '@parley/contracts';
import { wakeUpOf } from '@parley/core/jobs/job';
import { noteAttempt, webhookJobs, type ClaimedDelivery, type DeliveryAttempt } from '@parley/core/webhooks/webhook-sink';
import type { AttemptOutcome } from '../replies/attempt-outcome.js';
import { keepLease } from '../replies/keep-lease.js';
import { persistWrite } from '../replies/persist-write.js';
import type { RunnerDeps } from '../replies/runner-deps.js';
import { sendDelivery, type SentDelivery } from './send-delivery.js';

/** The longest wait between two attempts, in milliseconds: an hour, after which a receiver that is back has its events. */
const maxDelayMs = 3_600_000;
/** The wait for a host that is sent enough just now, in milliseconds, half more or less. */
const busyDelayMs = 1_000;
/** Gone: the receiver wants no more (Standard Webhooks). */
const gone = 410;

/**
 * Sends one event to one webhook. What is not taken is tried again, with growing waits, until the first attempt is a day ago: then the
 * delivery is parked, which switches the webhook off. What finds its host busy waits, and counts as no attempt. Never rejects.
 *
 * @param handBack aborted when this process must stop: another worker sends it again, under the same id
 */
export async function runWebhook(deps: RunnerDeps, claim: ClaimedDelivery, handBack: AbortSignal): Promise<AttemptOutcome> {
  const { claimant, quietLog, settings, webhooks } = deps;
  const fenced = new AbortController();
  const lease = keepLease({
    renew: () => webhookJobs.renew(deps, claim, claimant),
    intervalMs: claimant.leaseMs / 3,
    onFenced: () => fenced.abort(new Error('another attempt has this delivery')),
    onStopRequested: () => {},
    onError: (error) => quietLog.warn('cannot renew the lease of a delivery', error),
  });
  const persist = <T>(write: () => Promise<T>) =>
    persistWrite(write, {
      limitMs: settings.finishLimitMs,
      signal: handBack,
      onError: (error) => quietLog.warn('cannot write how a delivery went', error),
    });
  try {
    const sent = await sendDelivery(claim, {
      allowed: webhooks.allowed,
      limitMs: webhooks.answerMs,
      resolve: webhooks.resolve,
      hosts: webhooks.hosts,
      signal: AbortSignal.any([handBack, fenced.signal]),
    });
    if (!sent) return await persist(() => putOff(deps, claim));
    const { retryAfterMs, ...attempt } = sent;
    if (attempt.error === null) return await persist(() => ended(deps, claim, 'delivered', attempt));
    const delayMs = Math.min(
      maxDelayMs,
      Math.max(retryAfterMs ?? 0, backoffMs(claim.tries, { firstMs: webhooks.retryDelayMs, maxMs: maxDelayMs })),
    );
    const isOver = attempt.status === gone || claim.triedForMs + delayMs > webhooks.retryForMs;
    return await persist(() => (isOver ? ended(deps, claim, 'parked', attempt) : again(deps, claim, attempt, delayMs)));
  } catch (error) {
    if (fenced.signal.aborted) return 'fenced';
    if (!handBack.aborted) quietLog.warn('a delivery could not be finished; it is sent again', error);
    // If this fails too, the lease lapses, and a sweep begins the next attempt.
    const outcome = await webhookJobs.handBack(deps, claim).catch(() => null);
    return outcome === null ? 'abandoned' : 'handed_back';
  } finally {
    lease.stop();
  }
}

async function ended(
  deps: RunnerDeps,
  claim: ClaimedDelivery,
  state: 'delivered' | 'parked',
  attempt: Omit<SentDelivery, 'retryAfterMs'>,
): Promise<AttemptOutcome> {
  const written = await webhookJobs.end(deps, claim, { usage: null, state, attempt });
  if (!written) return 'fenced';
  return state === 'delivered' ? 'complete' : 'failed';
}

/** Many that wait for one host must not come back together. */
async function putOff(deps: RunnerDeps, claim: ClaimedDelivery): Promise<AttemptOutcome> {
  const delayMs = busyDelayMs * (0.5 + Math.random());
  const outcome = await webhookJobs.putOff(deps, claim, delayMs);
  if (outcome === 'requeued') deps.wakeLater(wakeUpOf(webhookJobs.kind, claim.id), delayMs);
  return outcome;
}

async function again(deps: RunnerDeps, claim: ClaimedDelivery, attempt: DeliveryAttempt, delayMs: number): Promise<AttemptOutcome> {
  await noteAttempt(deps, claim, attempt);
  const outcome = await webhookJobs.retry(deps, claim, delayMs);
  if (outcome === 'requeued') deps.wakeLater(wakeUpOf(webhookJobs.kind, claim.id), delayMs);
  return outcome;
}
