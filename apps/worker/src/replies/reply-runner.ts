import { replyErrors, type ReplyReceipt, type Usage } from '@parley/contracts';
import { sentText } from '@parley/contracts/markdown';
import type { completionJobs } from '@parley/core/completions/completion-sink';
import type { ClaimedPrivateReply, ClaimedReply, ReplyTask } from '@parley/core/jobs/claimed-reply';
import { wakeUpOf, type ClaimedJob } from '@parley/core/jobs/job';
import type { RequeueOutcome } from '@parley/core/jobs/job-life';
import type { AttemptSoFar } from '@parley/core/jobs/job-sink';
import { sumOfSpent, type Spent } from '@parley/core/jobs/model-prices';
import { decideRetry } from '@parley/core/jobs/retry-decision';
import { callsFromReply } from '@parley/core/replies/calls-from-reply';
import { privateReplyJobs } from '@parley/core/replies/private-reply-sink';
import { replyJobs, type ReplyEnd } from '@parley/core/replies/reply-sink';
import { isUnavailable } from '@parley/db';
import { maxRetryAfterMs, ModelError, ModelFailed, toReplyFailure, type ReplyFailure } from '../models/model-errors.js';
import type { ResolvedModel } from '../models/providers.js';
import { callInOrder } from '../models/stand-ins.js';
import { Interruption, type AttemptOutcome } from './attempt-outcome.js';
import { CallCost, sumOf } from './call-cost.js';
import { keepLease } from './keep-lease.js';
import { watchModelCall } from './model-calls.js';
import { persistWrite, type PersistOptions } from './persist-write.js';
import { paidModelOf, prepareCall } from './prepare-call.js';
import type { PreparedCall } from './prepared-call.js';
import { privateChannel, roomChannel, type ReplyChannel } from './reply-channels.js';
import { listenForReply } from '@parley/core/replies/reply-listener';
import { reserveCall } from './reserve-call.js';
import type { RunnerDeps } from './runner-deps.js';
import { citedMessages, SourceMarks } from '@parley/core/prompts/source-marks';
import { rightOf, type NewReceipt } from '@parley/core/protocol/receipt';
import { StopScanner } from './stop-scanner.js';
import { ToolCalls } from './tool-calls.js';
import { estimateTokens } from '@parley/core/prompts/build-prompt';
import type { ReplyStep } from '@parley/core/jobs/reply-steps';
import type { ReplyTool } from '@parley/core/replies/tools/reply-tool';
import { loadAllowing, type Allowing } from '@parley/core/replies/tools/tool-permissions';
import { streamModel, type ModelEnd } from './stream-model.js';
import { TextStream } from '@parley/core/replies/text-stream';

/** What an attempt at a text knows of its job, of whatever kind. */
type TextTask = ClaimedJob &
  Pick<ReplyTask, 'askedBy' | 'paidBy'> & { character: Pick<ReplyTask['character'], 'model' | 'providers'>; request: object };

/** How the kinds of jobs differ in which a model writes a text: what it is asked, where the text goes, and how the end is written. */
export interface TextWay {
  life: Pick<
    typeof replyJobs | typeof privateReplyJobs | typeof completionJobs,
    'kind' | 'renew' | 'reserve' | 'settle' | 'retry' | 'handBack'
  >;
  channel: ReplyChannel;
  /** @throws as {@link prepareCall} */
  prepare(resolved: ResolvedModel, signal: AbortSignal): Promise<PreparedCall>;
  /** The text ends before the first of these. @default none */
  stops?: readonly string[];
  /** True where an answer without a word is one. @default false: it is a failure */
  mayBeBlank?: boolean;
  /** Keeps what the attempt has finished. @returns false when another attempt or an end came first. @default nothing can be kept, and no tool is called */
  keepSteps?(steps: readonly ReplyStep[]): Promise<boolean>;
  /** Lays the job down until somebody allows what a tool is to change. Where steps are kept, this is there too. */
  rest?(rest: { steps: readonly ReplyStep[]; delayMs: number }, soFar: AttemptSoFar): Promise<RequeueOutcome>;
  /** Who may allow it. @default nobody */
  allowing?(): Promise<Allowing>;
  /** @returns false when another attempt or an end came first */
  end(end: ReplyEnd): Promise<boolean>;
}

/**
 * How long to try to give a reply back while the database is away, in milliseconds: well below the time that a process gets to stop
 * beyond its limit.
 */
const handBackLimitMs = 5_000;

/**
 * Writes one claimed reply, from its prompt to its end. It never rejects: whatever happens is an outcome.
 *
 * @param handBack aborted when this process must stop: the reply then goes to another worker
 */
export function runReply(deps: RunnerDeps, claim: ClaimedReply, handBack: AbortSignal): Promise<AttemptOutcome> {
  return runAttempt(deps, claim, wayOfReply(deps, claim), handBack);
}

export function wayOfReply(deps: RunnerDeps, claim: ClaimedReply): TextWay {
  return {
    life: replyJobs,
    channel: roomChannel(deps, claim),
    prepare: (resolved, signal) => prepareCall(deps, claim, resolved, deps.settings, signal),
    keepSteps: (steps) => replyJobs.keepSteps(deps, claim, steps),
    rest: (rest, soFar) => replyJobs.rest(deps, claim, rest, soFar),
    allowing: () => loadAllowing(deps, claim),
    async end(end) {
      const { maxDepth } = deps.settings;
      // A whole text with an error is one that a limit cut.
      const cut = end.error !== null;
      const calls = end.status === 'complete' ? await callsFromReply(claim, end.content, { maxDepth, cut }) : null;
      return (await replyJobs.end(deps, claim, { ...end, calls })) !== null;
    },
  };
}

/** The failure of a model that used up its longest answer before it said anything: another attempt would end the same way. */
const thoughtTooLong =
  'The model reached the longest answer it may give while it was still thinking. Ask for less, or choose another model.';

/** {@link runReply} of a private reply. */
export function runPrivateReply(deps: RunnerDeps, claim: ClaimedPrivateReply, handBack: AbortSignal): Promise<AttemptOutcome> {
  return runAttempt(deps, claim, wayOfPrivateReply(deps, claim), handBack);
}

export function wayOfPrivateReply(deps: RunnerDeps, claim: ClaimedPrivateReply): TextWay {
  return {
    life: privateReplyJobs,
    channel: privateChannel(deps, claim),
    prepare: (resolved, signal) => prepareCall(deps, claim, resolved, deps.settings, signal),
    keepSteps: (steps) => privateReplyJobs.keepSteps(deps, claim, steps),
    rest: (rest, soFar) => privateReplyJobs.rest(deps, claim, rest, soFar),
    allowing: () => loadAllowing(deps, claim),
    async end({ stoppedBy: _asker, ...end }) {
      const error = end.error?.code === 'REPLY_TOO_LARGE' ? { ...end.error, message: 'The answer grew too long and was cut.' } : end.error;
      return (await privateReplyJobs.end(deps, claim, { ...end, error })) !== null;
    },
  };
}

/** Makes one attempt at a text. It never rejects. */
export async function runAttempt(deps: RunnerDeps, claim: TextTask, way: TextWay, handBack: AbortSignal): Promise<AttemptOutcome> {
  const startedAt = performance.now();
  deps.metrics.started();
  const attempt = new ReplyAttempt(deps, claim, way, handBack, startedAt);
  let outcome: AttemptOutcome;
  try {
    outcome = await attempt.run();
  } catch (error) {
    outcome = 'abandoned';
    const unwritten = attempt.writtenUnits;
    deps.log.error(
      { err: error, messageId: claim.id, attempt: claim.attempt, unwritten },
      'gave up writing the end of a reply; it starts again as the next attempt once its lease lapses',
    );
  }
  const seconds = (performance.now() - startedAt) / 1000;
  deps.metrics.ended(outcome, seconds, attempt.usage);
  deps.log.info(
    {
      messageId: claim.id,
      roomId: claim.roomId,
      attempt: claim.attempt,
      outcome,
      model: attempt.modelName,
      usage: attempt.usage,
      seconds: Math.round(seconds * 1000) / 1000,
      ...(attempt.failure ? { code: attempt.failure.code, detail: attempt.failure.detail } : {}),
    },
    'reply ended',
  );
  return outcome;
}

class ReplyAttempt {
  readonly #deps: RunnerDeps;
  readonly #claim: TextTask;
  readonly #way: TextWay;
  readonly #handBack: AbortSignal;
  readonly #startedAt: number;
  readonly #interrupted = new AbortController();
  #text: TextStream;
  #stops: StopScanner;
  #marks: SourceMarks | null = null;
  #prepared: PreparedCall | null = null;
  /** What the model called so far, in this attempt and those before it. */
  #calls: ToolCalls | null = null;
  #firstTokenMs: number | null = null;
  usage: Usage | null = null;
  modelName: string | null = null;
  failure: ReplyFailure | null = null;
  /** Of the call to the model, once it was opened; null for a model that costs nothing. */
  #cost: CallCost | null = null;
  /** Of the calls before that one: to models that failed, for which others stand in. */
  #before: { usage: Usage | null; spent: Spent | null } = { usage: null, spent: null };

  constructor(deps: RunnerDeps, claim: TextTask, way: TextWay, handBack: AbortSignal, startedAt: number) {
    this.#deps = deps;
    this.#claim = claim;
    this.#way = way;
    this.#handBack = handBack;
    this.#startedAt = startedAt;
    this.#text = new TextStream(way.channel.maxBytes);
    this.#stops = new StopScanner(way.stops);
  }

  /** Length of the text so far, in UTF-16 units. */
  get writtenUnits(): number {
    return this.#text.text.length;
  }

  /** @throws when the end could not be written within its limit */
  async run(): Promise<AttemptOutcome> {
    const { bus, quietLog, claimant } = this.#deps;
    const claim = this.#claim;
    const interrupt = (reason: Interruption): void => this.#interrupted.abort(reason);
    const onHandBack = (): void => interrupt(new Interruption('hand_back'));
    this.#handBack.addEventListener('abort', onHandBack, { once: true });
    if (this.#handBack.aborted) onHandBack();
    if (claim.stopRequested) interrupt(new Interruption('stop'));
    const lease = keepLease({
      renew: () => this.#way.life.renew(this.#deps, claim, claimant),
      intervalMs: claimant.leaseMs / 3,
      onFenced: () => interrupt(new Interruption('fenced')),
      onStopRequested: (userId) => interrupt(new Interruption('stop', userId)),
      onError: (error) => quietLog.warn('cannot renew the lease of a reply', error),
    });
    const listener = listenForReply({
      bus,
      messageId: claim.id,
      attempt: claim.attempt,
      text: () => this.#text.text,
      onStop: (userId) => interrupt(new Interruption('stop', userId)),
      // Nobody heard a stop that was ordered between the claim and this moment: ask the database.
      onListening: () => lease.renewNow(),
      onError: (error) => quietLog.warn('cannot listen on the bus for a reply', error),
    });
    try {
      const end = await this.#write().catch((error: unknown) => this.#endOf(error));
      this.#way.channel.flush();
      return await this.#conclude(end);
    } finally {
      this.#way.channel.close();
      lease.stop();
      listener.close();
      this.#handBack.removeEventListener('abort', onHandBack);
    }
  }

  async #write(): Promise<ReplyEnd> {
    this.#interrupted.signal.throwIfAborted();
    const standIns = this.#standIns();
    return callInOrder(
      [() => this.#resolveModel(), ...standIns.map((resolved) => () => resolved)],
      (resolved) => this.#call(resolved),
      () => this.#text.text === this.#kept,
      ({ code, detail }) => {
        this.#deps.log.warn({ messageId: this.#claim.id, model: this.modelName, code, detail }, 'a model failed, and another stands in');
        this.#before = { usage: this.#used, spent: this.#spent };
        this.#cost = null;
        this.usage = null;
        this.#prepared = null;
        this.#marks = null;
        this.#firstTokenMs = null;
        this.#beginText();
      },
    );
  }

  /** The text that the steps hold: an attempt that takes over begins with it, so it is not lost if this one fails. */
  get #kept(): string {
    return this.#calls?.text ?? '';
  }

  /** Begins the text anew, after what the steps hold. @returns the piece that the steps hold */
  #beginText(): { offset: number; text: string } {
    this.#text = new TextStream(this.#way.channel.maxBytes);
    this.#stops = new StopScanner(this.#way.stops);
    return this.#text.push(this.#kept);
  }

  #standIns(): ResolvedModel[] {
    const { models } = this.#deps;
    return models.fallbacksOf({ name: this.#claim.character.model ?? models.defaultName }, this.#claim.character.providers);
  }

  /** What the calls of this attempt used; null for models that cost nothing. */
  get #used(): Usage | null {
    return sumOf(this.#before.usage, this.#cost?.usage ?? null);
  }

  /** What one model makes of it: one call, and another for each time that it calls tools. */
  async #call(resolved: ResolvedModel): Promise<ReplyEnd> {
    this.modelName = resolved.name;
    this.#prepared = await this.#way.prepare(resolved, this.#interrupted.signal);
    const { marks, tools, answer } = this.#prepared;
    if (answer !== undefined) return this.#say(answer);
    const calls = await this.#toolCalls(tools?.tools ?? []);
    this.#marks = marks && new SourceMarks({ ...marks, cited: citedMessages(this.#kept) });
    for (;;) {
      const end = await this.#ask(resolved, this.#prepared, calls);
      if (end.calls.length === 0 || !calls.goesOn || end.reason === 'length') {
        this.#endText(end.reason === 'stop', this.#prepared.closing);
        return this.#endAfter(end, resolved.name);
      }
      // What is kept back until the text goes on is part of this step.
      this.#push(this.#text.push(this.#marks?.end(false) ?? ''));
      if (this.#shows && !this.#text.text.endsWith('\n\n')) this.#push(this.#text.push('\n\n'));
      this.#way.channel.flush();
      await calls.run(this.#text.text.slice(this.#kept.length), end.calls, this.#interrupted.signal);
    }
  }

  /** What was called before, which is shown, and with the last step done to its end. */
  async #toolCalls(tools: readonly ReplyTool[]): Promise<ToolCalls> {
    const { keepSteps, allowing } = this.#way;
    if (this.#calls) {
      this.#calls.use(tools);
      return this.#calls;
    }
    const { attempt, answers, steps, askedBy } = this.#claim;
    const calls = new ToolCalls({
      tools,
      attempt,
      answers,
      steps,
      allowing: async () => (await allowing?.()) ?? { userId: askedBy.id, there: false, permissions: [] },
      keep: async (kept) => (await keepSteps?.(kept)) ?? false,
    });
    this.#calls = calls;
    this.#push(this.#beginText());
    await calls.takeUp(this.#interrupted.signal);
    return calls;
  }

  /** One call to a model. */
  async #ask(resolved: ResolvedModel, { call, promptTokens, tools }: PreparedCall, calls: ToolCalls): Promise<ModelEnd> {
    const { settings } = this.#deps;
    const { signal } = this.#interrupted;
    const { turns, tokens } = tools ? await tools.turns(calls.steps) : { turns: [], tokens: 0 };
    const definitions = tools ? calls.definitions : [];
    this.#before = { usage: this.#used, spent: this.#spent };
    this.#cost = null;
    const inputTokens = promptTokens + tokens + (tools ? estimateTokens(JSON.stringify(definitions)) : 0);
    const cost = promptTokens > 0 ? new CallCost(inputTokens, paidModelOf(resolved, settings)) : null;
    if (cost) {
      const most = cost.most(call.maxOutputTokens);
      await reserveCall(this.#claim, most, () => this.#way.life.reserve(this.#deps, this.#claim, most, settings.budgets));
      this.#cost = cost;
    }
    const end = await streamModel({
      model: resolved.model,
      call: tools ? { ...call, prompt: [...call.prompt, ...turns], tools: definitions } : call,
      limits: settings,
      signal,
      habit: resolved.habit,
      onText: (chunk) => this.#onText(chunk),
      onTakenBack: () => this.#takeBack(),
      onThought: (thought) => this.#way.channel.think?.(thought),
      watch: watchModelCall(this.#deps, resolved.name),
      ...(cost && { cost }),
    }).catch((error: unknown) => {
      throw error instanceof Interruption ? error : new ModelFailed(toReplyFailure(error, this.#showsNew, this.#deps.models.secrets));
    });
    this.usage = cost ? this.#used : sumOf(this.#before.usage, end.usage);
    return end;
  }

  /** Whether the room sees anything that is lost if the attempt fails. */
  get #showsNew(): boolean {
    const text = this.#text.text.slice(this.#kept.length);
    return this.#way.mayBeBlank ? text !== '' : sentText(text) !== '';
  }

  /** Whether the room sees anything of the answer so far: joiners alone, or Markdown without words, are no answer of a model either. */
  get #shows(): boolean {
    return this.#way.mayBeBlank ? this.#text.text !== '' : sentText(this.#text.text) !== '';
  }

  #endAfter(end: ModelEnd, model: string): ReplyEnd {
    const content = this.#text.text;
    const base = { content, model, usage: this.usage, stoppedBy: null };
    if (this.#text.full) return { ...base, status: 'failed', error: { code: 'REPLY_TOO_LARGE', message: replyErrors.REPLY_TOO_LARGE } };
    const blank = !this.#shows && !this.#way.mayBeBlank;
    if (blank && end.reason === 'length') {
      throw new ModelFailed(toReplyFailure(new ModelError('MODEL_CUT', thoughtTooLong), false));
    }
    if (blank) {
      throw new ModelFailed({
        code: 'MODEL_UNAVAILABLE',
        message: 'The model gave an empty answer. Try again, or ask in other words.',
        retryable: true,
        retryAfterMs: null,
        detail: `no text (${end.reason})`,
      });
    }
    // The text counts as complete; the error tells the room why it ends there.
    const error =
      end.reason === 'length' ? { code: 'MODEL_CUT', message: 'The model reached the longest answer it may give. Ask it to go on.' } : null;
    return { ...base, status: 'complete', error };
  }

  #resolveModel(): ResolvedModel {
    try {
      const resolved = this.#deps.models.resolve(this.#claim.character.model, this.#claim.character.providers);
      this.modelName = resolved.name;
      return resolved;
    } catch (error) {
      throw new ModelFailed(toReplyFailure(error, false, this.#deps.models.secrets));
    }
  }

  #onText(chunk: string): boolean {
    if (this.#text.text === '' && chunk !== '') {
      const ms = performance.now() - this.#startedAt;
      this.#firstTokenMs = Math.round(ms);
      this.#deps.metrics.firstToken(ms / 1000);
    }
    const text = this.#stops.push(chunk);
    this.#push(this.#text.push(this.#marks ? this.#marks.push(text) : text));
    return !this.#text.full && !this.#stops.found;
  }

  /** Ends with a text of ours: there is nothing to ask a model. */
  #say(answer: string): ReplyEnd {
    this.modelName = null;
    this.#push(this.#text.push(answer));
    this.#push(this.#text.end());
    return { status: 'complete', content: this.#text.text, model: null, usage: null, error: null, stoppedBy: null };
  }

  /** @param whole false where the model did not come to its own end @param closing what stands behind a whole text */
  #endText(whole = false, closing = ''): void {
    const text = this.#stops.end();
    this.#push(this.#text.push(this.#marks ? this.#marks.push(text) + this.#marks.end(whole) : text));
    if (whole && this.#shows) this.#push(this.#text.push(closing));
    this.#push(this.#text.end());
  }

  /** What the attempt was made from, and how it ended; null of what is no answer in a room. */
  #receipt(status: ReplyReceipt['status'], errorCode: string | null): NewReceipt | null {
    if (!isAsked(this.#claim)) return null;
    const { request, askedBy, paidBy } = this.#claim;
    const { basis, call } = this.#prepared ?? {};
    return {
      receipt: {
        status,
        model: this.modelName,
        temperature: call?.temperature ?? null,
        prompt: basis?.prompt ?? null,
        cited: citedMessages(this.#text.text),
        droppedCitations: this.#marks?.dropped ?? 0,
        usage: this.usage,
        ...(this.#calls && this.#calls.steps.length > 0 ? { tools: this.#calls.forReceipt() } : {}),
        cost: this.#spent?.priced ? this.#spent.cost : null,
        firstTokenMs: this.#firstTokenMs,
        durationMs: Math.round(performance.now() - this.#startedAt),
        trigger: request.trigger,
        right: rightOf(request),
        askedBy: askedBy.id,
        paidBy,
        errorCode,
        ...(request.retry?.model !== undefined && { chosenModel: request.retry.model }),
      },
      earlier: basis?.earlier ?? null,
    };
  }

  /** What was streamed so far was the model's thought. */
  #takeBack(): void {
    const { channel } = this.#way;
    const kept = this.#beginText();
    this.#marks = this.#prepared?.marks ? new SourceMarks({ ...this.#prepared.marks, cited: citedMessages(this.#kept) }) : null;
    channel.takeBack();
    this.#push(kept);
  }

  #push(piece: { offset: number; text: string }): void {
    this.#way.channel.push(piece);
  }

  /** What an error means for the reply: an end to write, a failure that may be tried again, or nothing more to do. */
  #endOf(error: unknown): ReplyEnd | ReplyFailure | Interruption {
    if (error instanceof Interruption) {
      if (error.kind !== 'stop') return error;
      this.#endText();
      this.usage = this.#used;
      const { stoppedBy } = error;
      return { status: 'stopped', content: this.#text.text, model: this.modelName, usage: this.usage, error: null, stoppedBy };
    }
    if (error instanceof ModelFailed) return error.failure;
    // The error is not the model's: it comes from the database, or from a mistake of ours.
    const detail = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    if (!isUnavailable(error)) this.#deps.log.error({ err: error, messageId: this.#claim.id }, 'a reply failed inside the worker');
    return { code: 'INTERNAL', message: replyErrors.INTERNAL, retryable: true, retryAfterMs: null, detail };
  }

  async #conclude(end: ReplyEnd | ReplyFailure | Interruption): Promise<AttemptOutcome> {
    if (end instanceof Interruption) {
      if (end.kind === 'wait') return this.#rest();
      return end.kind === 'fenced' ? this.#leave() : this.#giveBack();
    }
    if ('status' in end) return this.#finish(end);
    this.failure = end;
    this.usage ??= this.#used;
    const { settings, claimant } = this.#deps;
    const { retryable, retryAfterMs } = end;
    const decision = decideRetry(
      { retryable, retryAfterMs, shown: this.#showsNew, tries: this.#claim.tries },
      { maxTries: claimant.maxTries, firstDelayMs: settings.retryDelayMs, maxDelayMs: maxRetryAfterMs },
      Math.random(),
    );
    if (decision.kind === 'retry') return this.#retry(decision.delayMs);
    this.#endText();
    this.#way.channel.flush();
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

  get #spent(): Spent | null {
    const { spent } = this.#before;
    return this.#cost ? sumOfSpent(spent, this.#cost.spent) : spent;
  }

  async #finish(end: ReplyEnd): Promise<AttemptOutcome> {
    const receipt = this.#receipt(end.status, end.error?.code ?? null);
    return (await this.#persist(() => this.#way.end({ ...end, spent: this.#spent, receipt }))) ? end.status : 'fenced';
  }

  async #retry(delayMs: number): Promise<AttemptOutcome> {
    const receipt = this.#receipt('retried', this.failure?.code ?? null);
    const soFar = { content: '', model: this.modelName, usage: this.usage, spent: this.#spent, receipt };
    const { life } = this.#way;
    const outcome = await this.#persist(() => life.retry(this.#deps, this.#claim, delayMs, soFar));
    if (outcome === 'requeued') this.#deps.wakeLater(wakeUpOf(life.kind, this.#claim.id), delayMs);
    return outcome;
  }

  /** Another attempt or an end came first. What this one cost is counted all the same, as far as it is not yet. */
  async #leave(): Promise<AttemptOutcome> {
    this.usage = this.#used;
    await this.#way.life
      .settle(this.#deps, this.#claim, this.usage, this.#spent)
      .catch((error: unknown) => this.#deps.quietLog.warn('cannot count what a reply cost that is over', error));
    return 'fenced';
  }

  /** Somebody is asked whether a tool may change something. Others are answered meanwhile. */
  async #rest(): Promise<AttemptOutcome> {
    const { steps, restMs } = this.#calls!;
    const soFar = this.#soFar();
    const outcome = await this.#persist(() => this.#way.rest!({ steps, delayMs: restMs ?? 0 }, soFar));
    return outcome === 'requeued' ? 'waiting' : outcome;
  }

  /** What the attempt has come to, to be given up without a failure. */
  #soFar(): AttemptSoFar {
    this.#push(this.#text.end());
    this.#way.channel.flush();
    this.usage = this.#used;
    const receipt = this.#receipt('retried', null);
    return { content: this.#text.text, model: this.modelName, usage: this.usage, spent: this.#spent, receipt };
  }

  async #giveBack(): Promise<AttemptOutcome> {
    const soFar = this.#soFar();
    // The process is stopping, so there is time for a few tries only. No signal is passed, because an aborted signal allows a single try.
    const outcome = await this.#persist<RequeueOutcome>(() => this.#way.life.handBack(this.#deps, this.#claim, soFar), {
      limitMs: handBackLimitMs,
    });
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

/** True of what was asked for in a room, which a completion was not. */
function isAsked(claim: object): claim is Pick<ReplyTask, 'request' | 'askedBy' | 'paidBy'> {
  return 'request' in claim && typeof claim.request === 'object' && claim.request !== null && 'trigger' in claim.request;
}
