import type { BusSubscription } from '@parley/bus';
import {
  claimNext,
  claimPrivateReply,
  privateReplyOfJob,
  sweepPrivateReplies,
  sweepReplies,
  type ClaimedPrivateReply,
  type ClaimedReply,
} from '@parley/core';
import type { ReplyOutcome } from './reply-outcome.js';
import { runPrivateReply, runReply, type RunnerDeps } from './reply-runner.js';

export interface ReplyWorkerOptions {
  /** Replies written at once. */
  concurrency: number;
  /** How often to look for replies nobody was woken for, in milliseconds; a quarter more or less, so that workers do not look together. */
  sweepMs: number;
}

/** Entries of the queue whose claim may be under way at once. */
const maxClaims = 16;

/**
 * Takes replies and writes them, up to `concurrency` at once. The queue's wake-ups make it quick, the sweep makes it certain:
 * without a queue, or with one that lost everything, replies begin a sweep later.
 */
export class ReplyWorker {
  readonly #deps: RunnerDeps;
  readonly #options: ReplyWorkerOptions;
  readonly #running = new Map<string, Promise<void>>();
  readonly #handBack = new AbortController();
  readonly #wakeUps = new Set<NodeJS.Timeout>();
  /** Entries of the queue whose claim is under way. */
  readonly #deciding = new Set<Promise<void>>();
  #queue: BusSubscription | null = null;
  #sweepTimer: NodeJS.Timeout | null = null;
  #sweeping: Promise<void> | null = null;
  /** Claims under way, which will each take a place. */
  #claiming = 0;
  /** Somewhere a reply may wait that nobody will be woken for again: look once there is room. */
  #waiting = false;
  #privateFirst = false;
  #stopping = false;

  constructor(deps: Omit<RunnerDeps, 'wakeLater'>, options: ReplyWorkerOptions) {
    this.#deps = { ...deps, wakeLater: (jobId, delayMs) => this.#wakeLater(jobId, delayMs) };
    this.#options = options;
  }

  /** Replies being written now. */
  get inFlight(): number {
    return this.#running.size;
  }

  /** Begins to take replies. Resolves once it listens to the queue, or knows that the queue is away for now. */
  async start(): Promise<void> {
    await this.#listen();
    this.#sweep();
  }

  /**
   * Takes no more replies, lets those running end within `limitMs`, and gives the rest to other workers. A claim that is under way
   * may have been made: what it brings is among them. Resolves when nothing runs any more.
   */
  async stop(limitMs: number): Promise<void> {
    this.#stopping = true;
    this.#queue?.unsubscribe();
    if (this.#sweepTimer) clearTimeout(this.#sweepTimer);
    for (const timer of this.#wakeUps) clearTimeout(timer);
    this.#wakeUps.clear();
    let limit: NodeJS.Timeout | undefined;
    const timeUp = new Promise<void>((resolve) => {
      limit = setTimeout(resolve, limitMs);
    });
    const idle = this.#idle();
    await Promise.race([idle, timeUp]);
    clearTimeout(limit);
    this.#handBack.abort();
    await idle;
  }

  /** Once nothing is claimed any more, and all that was claimed has ended. */
  async #idle(): Promise<void> {
    await Promise.all([this.#sweeping, ...this.#deciding]);
    while (this.#running.size > 0) await Promise.all(this.#running.values());
  }

  get #free(): number {
    return this.#options.concurrency - this.#running.size - this.#claiming;
  }

  async #listen(): Promise<void> {
    if (this.#queue || this.#stopping) return;
    const { bus, quietLog } = this.#deps;
    try {
      const decide = (jobId: string): Promise<void> => {
        const deciding = this.#onWakeUp(jobId).finally(() => this.#deciding.delete(deciding));
        this.#deciding.add(deciding);
        return deciding;
      };
      const queue = await bus.jobs.consume(decide, { maxInFlight: maxClaims });
      if (this.#stopping) queue.unsubscribe();
      else this.#queue = queue;
    } catch (error) {
      quietLog.warn('cannot listen to the queue of replies; the sweep finds them', error);
    }
  }

  /** Resolves, and so acknowledges the entry, when it is decided who writes the reply. */
  async #onWakeUp(jobId: string): Promise<void> {
    if (this.#stopping) return;
    if (this.#free <= 0) {
      this.#waiting = true;
      return;
    }
    this.#claiming++;
    try {
      const privateReplyId = privateReplyOfJob(jobId);
      if (privateReplyId === null) {
        const claim = await claimNext(this.#deps, jobId, this.#deps.worker);
        if (claim) this.#takeInRoom(claim);
      } else {
        const claim = await claimPrivateReply(this.#deps, privateReplyId, this.#deps.worker);
        if (claim) this.#takePrivate(claim);
      }
    } catch (error) {
      this.#deps.quietLog.warn('cannot claim a reply; the sweep tries again', error);
    } finally {
      this.#claiming--;
    }
  }

  #takeInRoom(claim: ClaimedReply): void {
    this.#take(claim, runReply(this.#deps, claim, this.#handBack.signal));
  }

  #takePrivate(claim: ClaimedPrivateReply): void {
    this.#take(claim, runPrivateReply(this.#deps, claim, this.#handBack.signal));
  }

  #take({ messageId, attempt }: { messageId: string; attempt: number }, writing: Promise<ReplyOutcome>): void {
    const key = `${messageId}:${attempt}`;
    const run = writing.then(() => {
      this.#running.delete(key);
      // Its places in the room and of its asker are free now, and whoever waits for them was woken long ago.
      this.#waiting = true;
      this.#sweep();
    });
    this.#running.set(key, run);
  }

  /** Looks now, and again after the interval; at once if there is more to take and room for it. Sweeps do not overlap. */
  #sweep(): void {
    if (this.#sweeping || this.#stopping) return;
    if (this.#sweepTimer) clearTimeout(this.#sweepTimer);
    this.#sweeping = this.#claimOverdue().then((more) => {
      this.#sweeping = null;
      if (this.#stopping) return;
      const waitMs = (more || this.#waiting) && this.#free > 0 ? 0 : this.#options.sweepMs * (0.75 + Math.random() / 2);
      this.#sweepTimer = setTimeout(() => this.#sweep(), waitMs);
    });
  }

  /** @returns whether there may be more to take */
  async #claimOverdue(): Promise<boolean> {
    await this.#listen();
    // Half of the places at most, so that wake-ups which come meanwhile find one.
    let left = Math.ceil(this.#free / 2);
    if (left <= 0) return false;
    this.#waiting = false;
    this.#claiming += left;
    try {
      // In turns, so that neither kind keeps the other from the last place.
      this.#privateFirst = !this.#privateFirst;
      for (const kind of this.#privateFirst ? (['private', 'room'] as const) : (['room', 'private'] as const)) {
        // One at a time: each begins at once, whatever becomes of the next claim, and a stop ends the sweep.
        while (left > 0 && !this.#stopping && (await (kind === 'room' ? this.#sweepRooms() : this.#sweepPrivate()))) {
          left--;
          this.#claiming--;
        }
      }
      return left === 0;
    } catch (error) {
      this.#deps.quietLog.warn('cannot look for replies that wait', error);
      return false;
    } finally {
      this.#claiming -= left;
    }
  }

  /** @returns whether there was one */
  async #sweepRooms(): Promise<boolean> {
    const [claim] = await sweepReplies(this.#deps, this.#deps.worker, { limit: 1 });
    if (claim) this.#takeInRoom(claim);
    return claim !== undefined;
  }

  async #sweepPrivate(): Promise<boolean> {
    const [claim] = await sweepPrivateReplies(this.#deps, this.#deps.worker, { limit: 1 });
    if (claim) this.#takePrivate(claim);
    return claim !== undefined;
  }

  #wakeLater(jobId: string, delayMs: number): void {
    if (this.#stopping) return;
    const timer = setTimeout(() => {
      this.#wakeUps.delete(timer);
      void this.#deps.bus.jobs.enqueue(jobId);
    }, delayMs);
    this.#wakeUps.add(timer);
  }
}
