import { AppError, type AgentTask, type MessageView, type PrivateReply, type Usage, type WrittenAnswer } from '@parley/contracts';
import type { CoreDeps } from '@parley/core/deps';
import type { Claimant, JobFence } from '@parley/core/jobs/job';
import { wakeJobs } from '@parley/core/jobs/wake-job';
import { DeltaBatcher } from '@parley/core/replies/delta-batcher';
import { agentPrivateReplyJobs, agentReplyJobs } from '@parley/core/replies/agent-jobs';
import { findAgentAttempt, giveBackAgentTask, keepAgentTask, type AgentAttempt } from '@parley/core/replies/agent-attempt';
import { claimAgentTask } from '@parley/core/replies/claim-agent-task';
import { endAgentTask, endedAnswer, failAgentTask } from '@parley/core/replies/end-agent-task';
import { failUnserved, waitingForAgents } from '@parley/core/replies/fail-unserved';
import { servedCharacter } from '@parley/core/replies/served-character';
import type { Actor } from '@parley/core/sessions/actor';
import type { DatabaseCalls } from '../operations/database-calls.js';
import type { LiveSockets } from '../realtime/sockets/live-sockets.js';
import { AttemptText } from './attempt-text.js';
import { CallWait } from './call-wait.js';
import { TaskWaits } from './task-waits.js';

export interface AgentDeskOptions {
  /** Names the process in leases. */
  instanceId: string;
  leaseMs: number;
  /** How long an answer waits while nobody serves its character. */
  waitMs: number;
  sweepMs: number;
  /** How many replies in a row may each be called by the one before. */
  maxDepth: number;
}

interface Written {
  offset: number;
  text: string;
  waitMs: number;
}

interface Done {
  text: string | undefined;
  length: number | undefined;
  stopped: boolean;
  usage: Usage | null;
}

/**
 * Serves the agents that write the answers of characters: hands out tasks, shows what is written, and ends answers. The jobs, leases and
 * fences are those of a worker's replies. Every call may reach another process: what counts is in the database, and the text so far is
 * followed over the bus ({@link AttemptText}).
 */
export class AgentDesk {
  readonly #core: CoreDeps;
  readonly #live: Pick<LiveSockets, 'add'>;
  readonly #calls: DatabaseCalls;
  readonly #onError: (error: unknown, operation: string) => void;
  readonly #options: AgentDeskOptions;
  readonly #waits: TaskWaits;
  readonly #batcher: DeltaBatcher;
  /** By task and attempt. Each goes some time after it was last written, which is when its lease is over. */
  readonly #texts = new Map<string, { text: AttemptText; idle: NodeJS.Timeout }>();
  readonly #stopping = new AbortController();
  #sweepTimer: NodeJS.Timeout | null = null;
  /** Takes turns between the replies of rooms and private ones. */
  #privateFirst = false;

  constructor(
    deps: { core: CoreDeps; live: Pick<LiveSockets, 'add'>; calls: DatabaseCalls; onError: (error: unknown, operation: string) => void },
    options: AgentDeskOptions,
  ) {
    this.#core = deps.core;
    this.#live = deps.live;
    this.#calls = deps.calls;
    this.#onError = deps.onError;
    this.#options = options;
    this.#waits = new TaskWaits(deps.core.bus, deps.onError);
    this.#batcher = new DeltaBatcher(deps.core.bus);
    this.#sweepLater();
  }

  /**
   * The next answer that a character owes.
   *
   * @param waitMs how long to wait for one
   * @param gone aborted when the caller is not there any more: what it would have been given goes to the next
   * @returns null if there is none
   * @throws AppError as `servedCharacter`; RATE_LIMITED if too many calls of the account wait; SESSION_REVOKED, TOKEN_EXPIRED
   */
  async next(actor: Actor, handle: string, waitMs: number, gone: AbortSignal): Promise<AgentTask | null> {
    const { id } = await this.#asked(actor, () => servedCharacter(this.#core, actor, handle));
    if (waitMs === 0) return this.#claim(actor, id, gone);
    const wait = this.#wait(actor, waitMs, gone);
    try {
      const place = await this.#waits.join(id);
      try {
        for (;;) {
          const woken = place.woken();
          const task = await this.#claim(actor, id, gone);
          if (task || wait.isOver) return task;
          await wait.until(woken);
        }
      } finally {
        place.leave();
      }
    } finally {
      wait.close();
    }
  }

  /**
   * Shows more of an answer and keeps its task; then waits, if told to, until somebody wants the answer stopped.
   *
   * @throws AppError as `findAgentAttempt`; ATTEMPT_OVER; TEXT_MISSING, PAYLOAD_TOO_LARGE; as {@link next} where it waits
   */
  async write(actor: Actor, fence: JobFence, { offset, text, waitMs }: Written, gone: AbortSignal): Promise<WrittenAnswer> {
    const held = await this.#textOf(actor, fence);
    await held.ready;
    let stopRequested = await this.#keep(actor, held);
    if (text !== '') await held.write(offset, text);
    else await held.reach(offset);
    if (waitMs > 0 && !stopRequested && !held.stopRequested) stopRequested = await this.#untilStop(actor, held, waitMs, gone);
    return { stopRequested: stopRequested || held.stopRequested, leaseMs: this.#options.leaseMs, length: held.text.length };
  }

  /** Ends an answer. A repeat of the call is given the answer. @throws AppError as `findAgentAttempt`, `endAgentTask`; TEXT_MISSING */
  async done(actor: Actor, fence: JobFence, { text, length, stopped, usage }: Done): Promise<MessageView | PrivateReply> {
    const { attempt, over } = await this.#asked(actor, () => findAgentAttempt(this.#core, actor, 'agents.done', fence));
    if (over) return endedAnswer(this.#core, attempt, stopped ? 'stopped' : 'complete');
    const whole = text ?? (await this.#written(actor, fence, length));
    const end = { text: whole, stopped, usage, maxDepth: this.#options.maxDepth };
    const answer = await this.#asked(actor, () => endAgentTask(this.#core, attempt, end));
    this.#drop(fence);
    return answer;
  }

  /** Ends an answer that could not be given. A repeat of the call is given the answer. @throws AppError as `findAgentAttempt`; ATTEMPT_OVER */
  async fail(actor: Actor, fence: JobFence, { message, retry }: { message: string; retry: boolean }): Promise<MessageView | PrivateReply> {
    const { attempt, over } = await this.#asked(actor, () => findAgentAttempt(this.#core, actor, 'agents.fail', fence));
    if (over) return endedAnswer(this.#core, attempt, 'failed');
    const text = await this.#written(actor, fence, undefined);
    const { answer, retryInMs } = await this.#asked(actor, () => failAgentTask(this.#core, attempt, { text, message, retry }));
    this.#drop(fence);
    if (retryInMs !== null) this.#wakeLater(attempt, retryInMs);
    return answer;
  }

  /** Ends every call that waits. */
  close(): void {
    this.#stopping.abort();
    if (this.#sweepTimer) clearTimeout(this.#sweepTimer);
    for (const { text, idle } of this.#texts.values()) {
      clearTimeout(idle);
      text.close();
    }
    this.#texts.clear();
  }

  async #claim(actor: Actor, characterId: string, gone: AbortSignal): Promise<AgentTask | null> {
    const claimant: Claimant = { id: `${actor.username} at ${this.#options.instanceId}`, leaseMs: this.#options.leaseMs };
    this.#privateFirst = !this.#privateFirst;
    const request = { characterId, claimant, privateFirst: this.#privateFirst };
    const task = await this.#asked(actor, () => claimAgentTask(this.#core, actor, request));
    if (!task || !gone.aborted) return task;
    await giveBackAgentTask(this.#core, task);
    return null;
  }

  /** The text of an attempt, for an agent that serves its character. */
  async #textOf(actor: Actor, fence: JobFence): Promise<AttemptText> {
    const key = keyOf(fence);
    const known = this.#texts.get(key);
    known?.idle.refresh();
    if (known?.text.servedBy.has(actor.sessionId)) return known.text;
    const { attempt, over } = await this.#asked(actor, () => findAgentAttempt(this.#core, actor, 'agents.write', fence));
    if (over) throw new AppError('ATTEMPT_OVER');
    // Another call may have come first.
    const text = this.#texts.get(key)?.text ?? this.#hold(key, fence, new AttemptText(this.#textDeps, attempt, () => this.#drop(fence)));
    text.servedBy.add(actor.sessionId);
    return text;
  }

  get #textDeps() {
    const { bus, log } = this.#core;
    return { bus, log, batcher: this.#batcher, onError: this.#onError };
  }

  #hold(key: string, fence: JobFence, text: AttemptText): AttemptText {
    const idle = setTimeout(() => this.#drop(fence), this.#options.leaseMs * 2);
    idle.unref();
    this.#texts.set(key, { text, idle });
    return text;
  }

  #drop(fence: JobFence): void {
    const held = this.#texts.get(keyOf(fence));
    if (!held) return;
    this.#texts.delete(keyOf(fence));
    clearTimeout(held.idle);
    held.text.close();
  }

  /** What was written of an answer. @param length how much it must be, if the agent said */
  async #written(actor: Actor, fence: JobFence, length: number | undefined): Promise<string> {
    const held = await this.#textOf(actor, fence);
    if (!(await held.reach(length ?? 0)) || held.text.length < (length ?? 0)) throw held.missing();
    return length === undefined ? held.text : held.text.slice(0, length);
  }

  async #keep(actor: Actor, text: AttemptText): Promise<boolean> {
    const { instanceId, leaseMs } = this.#options;
    try {
      return await this.#asked(actor, () => keepAgentTask(this.#core, text.attempt, { id: instanceId, leaseMs }));
    } catch (error) {
      if (AppError.is(error, 'ATTEMPT_OVER')) this.#drop(text.attempt);
      throw error;
    }
  }

  /** Keeps the task while it waits, because an agent that waits is there; each time it asks the database too, in case the bus lost the stop. */
  async #untilStop(actor: Actor, text: AttemptText, waitMs: number, gone: AbortSignal): Promise<boolean> {
    const wait = this.#wait(actor, waitMs, gone);
    const waits = new AbortController();
    try {
      const stop = text.untilStop(waits.signal);
      for (;;) {
        await wait.until(stop, this.#options.leaseMs / 3);
        if (text.stopRequested) return true;
        if (gone.aborted) return false;
        if (await this.#keep(actor, text)) return true;
        if (wait.isOver) return false;
      }
    } finally {
      waits.abort();
      wait.close();
    }
  }

  #wait(actor: Actor, waitMs: number, gone: AbortSignal): CallWait {
    return new CallWait({ live: this.#live, actor, waitMs, ends: [gone, this.#stopping.signal] });
  }

  /** A piece of a call that may wait: the piece takes its caller's turn, not the whole call. */
  #asked<T>(actor: Actor, work: () => Promise<T>): Promise<T> {
    return this.#calls.run(work, { userId: actor.userId });
  }

  /** Wakes whoever serves the character, wherever they wait. If this process ends before, their sweep finds the task. */
  #wakeLater({ id, character, private: isPrivate }: AgentAttempt, delayMs: number): void {
    const kind = isPrivate ? agentPrivateReplyJobs.kind : agentReplyJobs.kind;
    setTimeout(() => {
      if (!this.#stopping.signal.aborted) wakeJobs(this.#core, [{ id, kind, characterId: character.id }]);
    }, delayMs).unref();
  }

  #sweepLater(): void {
    if (this.#stopping.signal.aborted) return;
    // A quarter more or less, so that processes do not look together.
    this.#sweepTimer = setTimeout(
      () => void this.#sweep().finally(() => this.#sweepLater()),
      this.#options.sweepMs * (0.75 + Math.random() / 2),
    );
    this.#sweepTimer.unref();
  }

  async #sweep(): Promise<void> {
    const { instanceId, leaseMs, waitMs } = this.#options;
    try {
      await this.#calls.run(() => failUnserved(this.#core, { claimant: { id: instanceId, leaseMs }, waitMs }));
      const waitedFor = this.#waits.characterIds;
      if (waitedFor.length === 0) return;
      for (const id of await this.#calls.run(() => waitingForAgents(this.#core, waitedFor))) this.#waits.wake(id);
    } catch (error) {
      this.#onError(error, 'look for answers that wait for an agent');
    }
  }
}

function keyOf({ id, attempt }: JobFence): string {
  return `${id}:${attempt}`;
}
