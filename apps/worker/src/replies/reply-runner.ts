import { replyErrors, type Usage } from '@parley/contracts';
import type { ClaimedPrivateReply, ClaimedReply, CoreDeps, QuietLog, ReplyEnd, ReplyTask, ReplyWorker, RequeueOutcome } from '@parley/core';
import { isUnavailable } from '@parley/db';
import { maxRetryAfterMs, ModelFailed, toReplyFailure, type ReplyFailure } from '../models/model-errors.js';
import type { Models, ResolvedModel } from '../models/providers.js';
import type { WorkerMetrics } from '../metrics.js';
import { estimateTokens } from './build-prompt.js';
import type { DeltaBatcher } from './delta-batcher.js';
import { keepLease } from './keep-lease.js';
import { persistWrite, type PersistOptions } from './persist-write.js';
import { prepareCall, type PrepareSettings } from './prepare-call.js';
import { listenForReply } from './reply-listener.js';
import { Interruption, type ReplyOutcome } from './reply-outcome.js';
import { privateRoute } from './private-route.js';
import { roomRoute, type ReplyRoute } from './reply-route.js';
import { streamModel, type ModelEnd } from './stream-model.js';
import { TextStream } from './text-stream.js';

export interface ReplySettings extends PrepareSettings {
  /** How many replies may set each other off in a row, by mention. */
  maxDepth: number;
  /** First wait before another attempt, in milliseconds; it doubles. */
  retryDelayMs: number;
  /** How long the end of a reply is tried to be written while the database is away, in milliseconds. */
  finishLimitMs: number;
  /** @default contracts' maxReplyBytes */
  maxReplyBytes?: number;
}

export interface RunnerDeps extends CoreDeps {
  models: Models;
  batcher: DeltaBatcher;
  metrics: WorkerMetrics;
  quietLog: QuietLog;
  worker: ReplyWorker & { maxTries: number };
  settings: ReplySettings;
  /** Asks for a claim of the reply once its delay is over. */
  wakeLater: (jobId: string, delayMs: number) => void;
}

/** How long giving a reply back is tried while the database is away, in milliseconds: well below what a stop may take beyond its limit. */
const handBackLimitMs = 5_000;

/**
 * Writes one claimed reply, from its prompt to its end, and never rejects: whatever happens is an outcome.
 *
 * @param handBack aborted when this process must stop: the reply is given to another
 */
export function runReply(deps: RunnerDeps, claim: ClaimedReply, handBack: AbortSignal): Promise<ReplyOutcome> {
  return runAttempt(deps, claim, roomRoute(deps, claim), handBack);
}

/** {@link runReply} of a private reply. */
export function runPrivateReply(deps: RunnerDeps, claim: ClaimedPrivateReply, handBack: AbortSignal): Promise<ReplyOutcome> {
  return runAttempt(deps, claim, privateRoute(deps, claim), handBack);
}

async function runAttempt(deps: RunnerDeps, claim: ReplyTask, route: ReplyRoute, handBack: AbortSignal): Promise<ReplyOutcome> {
  const startedAt = performance.now();
  deps.metrics.started();
  const attempt = new ReplyAttempt(deps, claim, route, handBack, startedAt);
  let outcome: ReplyOutcome;
  try {
    outcome = await attempt.run();
  } catch (error) {
    outcome = 'abandoned';
    const unwritten = attempt.writtenUnits;
    deps.log.error(
      { err: error, messageId: claim.messageId, attempt: claim.attempt, unwritten, correlationId: claim.correlationId },
      'gave up writing the end of a reply; it starts again as the next attempt once its lease lapses',
    );
  }
  const seconds = (performance.now() - startedAt) / 1000;
  deps.metrics.ended(outcome, seconds, attempt.usage);
  deps.log.info(
    {
      messageId: claim.messageId,
      roomId: claim.roomId,
      attempt: claim.attempt,
      outcome,
      model: attempt.modelName,
      usage: attempt.usage,
      seconds: Math.round(seconds * 1000) / 1000,
      ...(attempt.failure ? { code: attempt.failure.code, detail: attempt.failure.detail } : {}),
      correlationId: claim.correlationId,
    },
    'reply ended',
  );
  return outcome;
}

class ReplyAttempt {
  readonly #deps: RunnerDeps;
  readonly #claim: ReplyTask;
  readonly #route: ReplyRoute;
  readonly #handBack: AbortSignal;
  readonly #startedAt: number;
  readonly #interrupted = new AbortController();
  readonly #text: TextStream;
  usage: Usage | null = null;
  modelName: string | null = null;
  failure: ReplyFailure | null = null;
  #promptTokens = 0;

  constructor(deps: RunnerDeps, claim: ReplyTask, route: ReplyRoute, handBack: AbortSignal, startedAt: number) {
    this.#deps = deps;
    this.#claim = claim;
    this.#route = route;
    this.#handBack = handBack;
    this.#startedAt = startedAt;
    this.#text = new TextStream(route.maxBytes);
  }

  /** Length of the text so far, in UTF-16 units. */
  get writtenUnits(): number {
    return this.#text.text.length;
  }

  /** @throws when the end could not be written within its limit */
  async run(): Promise<ReplyOutcome> {
    const { bus, quietLog, worker } = this.#deps;
    const claim = this.#claim;
    const interrupt = (reason: Interruption): void => this.#interrupted.abort(reason);
    const onHandBack = (): void => interrupt(new Interruption('hand_back'));
    this.#handBack.addEventListener('abort', onHandBack, { once: true });
    if (this.#handBack.aborted) onHandBack();
    if (claim.stopRequested) interrupt(new Interruption('stop'));
    const lease = keepLease({
      renew: () => this.#route.renew(),
      intervalMs: worker.leaseMs / 3,
      onLost: () => interrupt(new Interruption('lost')),
      onStopRequested: (userId) => interrupt(new Interruption('stop', userId)),
      onError: (error) => quietLog.warn('cannot renew the lease of a reply', error),
    });
    const listener = listenForReply({
      bus,
      messageId: claim.messageId,
      attempt: claim.attempt,
      text: () => this.#text.text,
      onStop: (userId) => interrupt(new Interruption('stop', userId)),
      // Between the claim and this moment nobody would have heard one.
      onListening: () => lease.renewNow(),
      onError: (error) => quietLog.warn('cannot listen on the bus for a reply', error),
    });
    try {
      const end = await this.#write().catch((error: unknown) => this.#endOf(error));
      this.#route.channel.flush();
      return await this.#conclude(end);
    } finally {
      this.#route.close();
      lease.stop();
      listener.close();
      this.#handBack.removeEventListener('abort', onHandBack);
    }
  }

  async #write(): Promise<ReplyEnd> {
    const { settings } = this.#deps;
    this.#interrupted.signal.throwIfAborted();
    const { signal } = this.#interrupted;
    const resolved = this.#resolveModel();
    const { call, promptTokens } = await prepareCall(this.#deps, this.#claim, resolved, settings, signal);
    this.#promptTokens = promptTokens;
    const end = await streamModel({
      model: resolved.model,
      call,
      limits: settings,
      signal,
      onText: (chunk) => this.#onText(chunk),
    }).catch((error: unknown) => {
      throw error instanceof Interruption
        ? error
        : new ModelFailed(toReplyFailure(error, this.#text.text !== '', this.#deps.models.secrets));
    });
    this.#push(this.#text.end());
    this.usage = end.usage ?? this.#estimatedUsage();
    return this.#endAfter(end, resolved.name);
  }

  #endAfter(end: ModelEnd, model: string): ReplyEnd {
    const content = this.#text.text;
    const base = { content, model, usage: this.usage, stoppedBy: null };
    if (this.#text.full) return { ...base, status: 'failed', error: { code: 'REPLY_TOO_LARGE', message: replyErrors.REPLY_TOO_LARGE } };
    if (content.trim() === '') {
      throw new ModelFailed({
        code: 'MODEL_UNAVAILABLE',
        message: 'The model gave an empty answer.',
        retryable: true,
        retryAfterMs: null,
        detail: `no text (${end.reason})`,
      });
    }
    // What was written is whole as far as it goes; the room is told why it ends where it does.
    const error = end.reason === 'length' ? { code: 'MODEL_CUT', message: 'The model reached the longest answer it may give.' } : null;
    return { ...base, status: 'complete', error };
  }

  #resolveModel(): ResolvedModel {
    try {
      const resolved = this.#deps.models.resolve(this.#claim.character.model);
      this.modelName = resolved.name;
      return resolved;
    } catch (error) {
      throw new ModelFailed(toReplyFailure(error, false, this.#deps.models.secrets));
    }
  }

  #onText(chunk: string): boolean {
    if (this.#text.text === '' && chunk !== '') this.#deps.metrics.firstToken((performance.now() - this.#startedAt) / 1000);
    this.#push(this.#text.push(chunk));
    return !this.#text.full;
  }

  #push(piece: { offset: number; text: string }): void {
    this.#route.channel.push(piece);
  }

  /** A provider that was cut short says nothing of tokens, and they were spent all the same: the asker's budget must see them. */
  #estimatedUsage(): Usage | null {
    if (this.#promptTokens === 0) return null;
    return { inputTokens: this.#promptTokens, outputTokens: estimateTokens(this.#text.text) };
  }

  /** What an error means for the reply: an end to write, a failure that may be tried again, or nothing more to do. */
  #endOf(error: unknown): ReplyEnd | ReplyFailure | Interruption {
    if (error instanceof Interruption) {
      if (error.kind !== 'stop') return error;
      this.#push(this.#text.end());
      this.usage = this.#estimatedUsage();
      const { stoppedBy } = error;
      return { status: 'stopped', content: this.#text.text, model: this.modelName, usage: this.usage, error: null, stoppedBy };
    }
    if (error instanceof ModelFailed) return error.failure;
    // Not the model: the database, or a mistake of ours.
    const detail = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    if (!isUnavailable(error)) this.#deps.log.error({ err: error, messageId: this.#claim.messageId }, 'a reply failed inside the worker');
    return { code: 'INTERNAL', message: replyErrors.INTERNAL, retryable: true, retryAfterMs: null, detail };
  }

  async #conclude(end: ReplyEnd | ReplyFailure | Interruption): Promise<ReplyOutcome> {
    if (end instanceof Interruption) return end.kind === 'lost' ? 'fenced' : this.#giveBack();
    if ('status' in end) return this.#finish(end);
    this.failure = end;
    // Once text was shown it stays: half an answer is more than none, the room sees why it ends there, and people may ask anew.
    if (end.retryable && this.#text.text.trim() === '' && this.#claim.tries + 1 < this.#deps.worker.maxTries) return this.#retry(end);
    this.#push(this.#text.end());
    this.#route.channel.flush();
    if (this.#text.text !== '') this.usage ??= this.#estimatedUsage();
    const message = this.#claim.tries > 0 ? `${end.message} Tried ${this.#claim.tries + 1} times.` : end.message;
    return this.#finish({
      status: 'failed',
      content: this.#text.text,
      model: this.modelName,
      usage: this.usage,
      error: { code: end.code, message },
      stoppedBy: null,
    });
  }

  async #finish(end: ReplyEnd): Promise<ReplyOutcome> {
    return (await this.#persist(() => this.#route.finish(end))) ? end.status : 'fenced';
  }

  async #retry({ code, message, retryAfterMs }: ReplyFailure): Promise<ReplyOutcome> {
    const { settings, worker } = this.#deps;
    const backoffMs = settings.retryDelayMs * 2 ** this.#claim.tries * (0.75 + Math.random() / 2);
    const delayMs = Math.round(Math.min(maxRetryAfterMs, Math.max(retryAfterMs ?? 0, backoffMs)));
    const retry = { error: { code, message }, countsAsTry: true, delayMs, maxTries: worker.maxTries };
    const soFar = { content: '', model: this.modelName, usage: this.usage };
    const outcome = await this.#persist(() => this.#route.retry(retry, soFar));
    if (outcome === 'requeued') this.#deps.wakeLater(this.#route.jobId, delayMs);
    return outcome;
  }

  async #giveBack(): Promise<ReplyOutcome> {
    this.#push(this.#text.end());
    this.#route.channel.flush();
    const soFar = { content: this.#text.text, model: this.modelName, usage: this.#estimatedUsage() };
    // The process is told to end already: a few tries are all there is time for, but more than one.
    const outcome = await this.#persist<RequeueOutcome>(() => this.#route.handBack(soFar), { limitMs: handBackLimitMs });
    return outcome === 'requeued' ? 'handed_back' : outcome;
  }

  #persist<T>(
    write: () => Promise<T>,
    options: Pick<PersistOptions, 'limitMs' | 'signal'> = { limitMs: this.#deps.settings.finishLimitMs, signal: this.#handBack },
  ): Promise<T> {
    return persistWrite(write, {
      ...options,
      onError: (error) => this.#deps.quietLog.warn('cannot write the end of a reply; trying again', error),
    });
  }
}
