import { builtInProvider } from '@parley/contracts';
import type { ReplyTask } from '@parley/core/jobs/claimed-reply';
import { roomMemoryJobs } from '@parley/core/memory/room-memory-sink';
import type { AttemptOutcome } from './attempt-outcome.js';
import { keepLease } from './keep-lease.js';
import { recallOptions } from './prepare-call.js';
import { finishMemory } from './room-memory.js';
import type { RunnerDeps } from './runner-deps.js';

/**
 * Finishes the summary of a room, where the worker that began it for a reply has died. No reply waits for this summary: another worker
 * took the reply over and made a summary of its own. Never rejects.
 *
 * @param handBack aborted when this process must stop: the summary is given up
 */
export async function runRoomMemory(deps: RunnerDeps, claim: ReplyTask, handBack: AbortSignal): Promise<AttemptOutcome> {
  const { claimant, quietLog, settings, models } = deps;
  const fenced = new AbortController();
  const lease = keepLease({
    renew: () => roomMemoryJobs.renew(deps, claim, claimant),
    intervalMs: claimant.leaseMs / 3,
    onFenced: () => fenced.abort(new Error('another attempt has this summary')),
    onStopRequested: () => {},
    onError: (error) => quietLog.warn('cannot renew the lease of a summary', error),
  });
  try {
    const resolved = models.resolve(claim.character.model);
    // The built-in model needs no summary: it reads the room's messages themselves.
    if (resolved.model.provider === builtInProvider) await roomMemoryJobs.end(deps, claim, { usage: null, summary: null });
    else await finishMemory(deps, claim, recallOptions(deps, claim, resolved, settings, AbortSignal.any([fenced.signal, handBack])));
    return 'complete';
  } catch (error) {
    quietLog.warn('a summary of a room could not be finished; the next reply makes it', error);
    await roomMemoryJobs.end(deps, claim, { usage: null, summary: null }).catch(() => null);
    return fenced.signal.aborted ? 'fenced' : 'failed';
  } finally {
    lease.stop();
  }
}
