import type {
  LanguageModelV3,
  LanguageModelV3CallOptions,
  LanguageModelV3FinishReason,
  LanguageModelV3StreamPart,
  LanguageModelV3ToolCall,
  LanguageModelV3Usage,
} from '@ai-sdk/provider';
import { setImmediate } from 'node:timers/promises';
import type { Usage } from '@parley/contracts';
import { ModelError } from '../models/model-errors.js';
import { ThoughtScanner, type ScannedText } from '../models/thoughts/thought-scanner.js';
import type { CallCost } from './call-cost.js';
import type { ModelCallWatch } from './model-calls.js';
import { ThoughtHabit } from '../models/thoughts/thought-habit.js';

export interface ModelTimeLimits {
  /** From the call to the first piece of thought or text, in milliseconds. Local models load their weights in this time. */
  firstTokenMs: number;
  /** Between two parts of the stream, in milliseconds. */
  betweenTokensMs: number;
  /** From the call to the end, thinking included, in milliseconds. A model that thinks for ever is not silent, and would keep its place. */
  answerMs: number;
}

export interface StreamModelOptions {
  model: LanguageModelV3;
  call: Omit<LanguageModelV3CallOptions, 'abortSignal'>;
  limits: ModelTimeLimits;
  /** When the signal is aborted, the promise rejects with its reason. */
  signal: AbortSignal;
  /** Called with each piece of the answer, in order, thoughts left out. Returning false ends the stream. */
  onText: (chunk: string) => boolean;
  /** Called if all the text so far was thought after all: the answer begins with the next piece. */
  onTakenBack?: () => void;
  /** Called with what the model thinks, as it comes, as far as it is known to be thought by then. */
  onThought?: (thought: string) => void;
  /** Is told all that says what the call cost, however it ends. */
  cost?: CallCost;
  /**
   * How this model marks its thoughts; the call may learn more of it. Null where the model writes none, and tags are text.
   *
   * @default nothing is known of it yet
   */
  habit?: ThoughtHabit | null;
  /** @default nobody is told */
  watch?: ModelCallWatch;
}

export interface ModelEnd {
  /** Null when the provider did not say. */
  usage: Usage | null;
  /** `length`: the model's own limit cut the text. `enough`: `onText` returned false. */
  reason: 'stop' | 'length' | 'enough';
  /** The tools that the model wants called before it goes on. */
  calls: LanguageModelV3ToolCall[];
}

/**
 * Reads one answer of a model to its end. However the reading ends, the call is aborted and its stream cancelled by then, so that no
 * connection stays open, even if the model ignores its signal.
 *
 * @throws the signal's reason; ModelError for silence, for an answer without an end and for a filtered one; whatever else the model
 * threw
 */
export async function streamModel({ watch, ...options }: StreamModelOptions): Promise<ModelEnd> {
  if (!watch) return await readModel(options);
  const onText = (chunk: string): boolean => {
    watch.firstText();
    return options.onText(chunk);
  };
  try {
    const { headers } = options.call;
    const call = { ...options.call, headers: { ...headers, ...watch.headers } };
    const end = await readModel({ ...options, call, onText });
    watch.ended(end.reason === 'enough' ? 'ended' : 'ok', options.cost ?? null);
    return end;
  } catch (error) {
    watch.ended(options.signal.aborted ? 'ended' : 'error', options.cost ?? null);
    throw error;
  }
}

async function readModel({ model, call, limits, signal, cost, ...answer }: Omit<StreamModelOptions, 'watch'>): Promise<ModelEnd> {
  const abort = new AbortController();
  const forward = (): void => abort.abort(signal.reason);
  if (signal.aborted) throw signal.reason;
  signal.addEventListener('abort', forward, { once: true });
  let idle = setTimeout(() => abort.abort(silence('begin to answer', limits.firstTokenMs)), limits.firstTokenMs);
  const whole = setTimeout(() => abort.abort(endless(limits.answerMs)), limits.answerMs);
  let begun = false;
  const onProgress = (): void => {
    if (begun) {
      idle.refresh();
      return;
    }
    begun = true;
    clearTimeout(idle);
    idle = setTimeout(() => abort.abort(silence('go on', limits.betweenTokensMs)), limits.betweenTokensMs);
  };
  try {
    const stream = await openStream(model, { ...call, abortSignal: abort.signal }, cost);
    return await readStream(stream, abort.signal, onProgress, new AnswerText(answer, cost), cost);
  } catch (error) {
    // An aborted call's own error says only that it was aborted; the signal's reason says why.
    throw abort.signal.aborted ? abort.signal.reason : error;
  } finally {
    clearTimeout(idle);
    clearTimeout(whole);
    signal.removeEventListener('abort', forward);
    abort.abort(new Error('the answer is over'));
  }
}

function silence(what: string, limitMs: number): ModelError {
  return new ModelError('MODEL_TIMEOUT', `The model did not ${what} within ${inSeconds(limitMs)}. Try again, or choose another model.`, {
    retryable: true,
  });
}

/** The error for a model that does not end. It is not retryable: another attempt would take as long again. */
function endless(limitMs: number): ModelError {
  return new ModelError(
    'MODEL_TIMEOUT',
    `The model did not come to an end within ${inSeconds(limitMs)}. Ask for less, or choose another model.`,
  );
}

/** The most that a model writes as the arguments of all its calls at once, in UTF-16 units, and the most calls: it writes them where nobody sees it. */
const maxArgumentUnits = 256 * 1024;
const maxCalls = 5_000;

/** The error for a model that writes calls of tools without an end. Another attempt would do the same. */
function endlessCalls(): ModelError {
  return new ModelError('MODEL_CUT', 'The model called tools without coming to an end. Try again, or choose another model.');
}

/** How much of a text is read before others have their turn, in UTF-16 units: some milliseconds of work. */
const maxPieceUnits = 8_192;

function inSeconds(ms: number): string {
  const seconds = Math.max(1, Math.round(ms / 1000));
  return seconds === 1 ? 'a second' : `${seconds} seconds`;
}

/** Calls `doStream` and gives up when the signal fires. A stream that comes later is cancelled unread. */
async function openStream(
  model: LanguageModelV3,
  options: LanguageModelV3CallOptions & { abortSignal: AbortSignal },
  cost: CallCost | undefined,
): Promise<ReadableStream<LanguageModelV3StreamPart>> {
  const { abortSignal } = options;
  cost?.opens();
  const opening = Promise.resolve(model.doStream(options));
  let stop = (): void => {};
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(abortSignal.reason);
    abortSignal.addEventListener('abort', stop, { once: true });
  });
  try {
    const { stream } = await Promise.race([opening, aborted]);
    return stream;
  } catch (error) {
    if (!abortSignal.aborted) cost?.failed(error);
    opening.then(
      ({ stream }) => stream.cancel(error).catch(() => undefined),
      () => undefined,
    );
    throw error;
  } finally {
    abortSignal.removeEventListener('abort', stop);
  }
}

async function readStream(
  stream: ReadableStream<LanguageModelV3StreamPart>,
  signal: AbortSignal,
  onProgress: () => void,
  answer: AnswerText,
  cost: CallCost | undefined,
): Promise<ModelEnd> {
  const reader = stream.getReader();
  const calls: LanguageModelV3ToolCall[] = [];
  let argumentUnits = 0;
  // Cancelling ends a pending read. A promise raced against each chunk would do so too, but would be kept until the end.
  const cancel = (): void => {
    reader.cancel(signal.reason).catch(() => undefined);
  };
  if (signal.aborted) cancel();
  else signal.addEventListener('abort', cancel, { once: true });
  try {
    for (;;) {
      const { done, value: part } = await reader.read();
      if (signal.aborted) throw signal.reason;
      if (done) throw new ModelError('MODEL_CUT', undefined, { retryable: true });
      switch (part.type) {
        case 'text-delta':
          onProgress();
          for (let at = 0; at < part.delta.length; at += maxPieceUnits) {
            // A server that streams nothing sends the whole answer as one piece: others have their turn between its parts.
            if (at > 0) {
              await setImmediate();
              if (signal.aborted) throw signal.reason;
            }
            if (!answer.addText(part.delta.slice(at, at + maxPieceUnits))) return { usage: null, reason: 'enough', calls: [] };
          }
          break;
        case 'reasoning-delta':
          // Thinking is no part of the answer, but a model that thinks is not silent.
          onProgress();
          if (!answer.addThought(part.delta)) return { usage: null, reason: 'enough', calls: [] };
          break;
        case 'tool-input-delta':
          // The arguments of a call are written as text is, and cost as much.
          onProgress();
          cost?.wrote(part.delta);
          argumentUnits += part.delta.length;
          if (argumentUnits > maxArgumentUnits) throw endlessCalls();
          break;
        case 'tool-call':
          onProgress();
          // A call that the provider has made itself, and answers itself, is no call for us.
          if (part.providerExecuted) break;
          if (calls.push(part) > maxCalls) throw endlessCalls();
          break;
        case 'error':
          throw part.error;
        case 'finish':
          // Stop reading here: nothing of the answer follows, and some connections stay open after it.
          cost?.said(usageOf(part.usage));
          answer.end(part.finishReason);
          return { ...endOf(part.finishReason, part.usage), calls };
        default:
          // Starts, ends, metadata, sources and files: no part of a reply's text.
          break;
      }
    }
  } finally {
    signal.removeEventListener('abort', cancel);
    cancel();
  }
}

/** Finds the answer in what a model writes: it passes on the text without the thoughts, and learns the model's habit. */
class AnswerText {
  readonly #habit: ThoughtHabit | null;
  readonly #scanner: ThoughtScanner | null;
  readonly #options: Pick<StreamModelOptions, 'onText' | 'onTakenBack' | 'onThought'>;
  readonly #cost: CallCost | undefined;

  constructor(
    { habit = new ThoughtHabit(), ...options }: Pick<StreamModelOptions, 'habit' | 'onText' | 'onTakenBack' | 'onThought'>,
    cost: CallCost | undefined,
  ) {
    this.#cost = cost;
    this.#habit = habit;
    const { startsUnopened = false } = habit ?? {};
    this.#scanner = habit && new ThoughtScanner({ startsUnopened, ...(options.onThought && { onThought: options.onThought }) });
    this.#options = options;
  }

  /** @returns false where no more text is wanted */
  addText(chunk: string): boolean {
    this.#cost?.wrote(chunk);
    return this.#scanner ? this.#tell(this.#scanner.push(chunk)) : this.#options.onText(chunk);
  }

  /** Takes a thought that the provider sent in a field of its own. @returns false where no more text is wanted */
  addThought(chunk: string): boolean {
    if (chunk === '') return true;
    this.#cost?.wrote(chunk);
    this.#options.onThought?.(chunk);
    return this.#scanner === null || this.#tell(this.#scanner.thoughtCameApart());
  }

  end({ unified }: LanguageModelV3FinishReason): void {
    if (!this.#scanner) return;
    // Whatever else ended it may have ended it within a thought.
    const whole = unified === 'stop' || unified === 'tool-calls' || unified === 'other';
    this.#tell(this.#scanner.end(!whole));
    if (whole && !this.#scanner.foundUnopened) this.#habit?.sawPlain();
  }

  #tell({ takenBack, text }: ScannedText): boolean {
    if (this.#scanner?.foundUnopened) this.#habit?.sawUnopened();
    if (takenBack) this.#options.onTakenBack?.();
    return text === '' || this.#options.onText(text);
  }
}

function endOf({ unified, raw }: LanguageModelV3FinishReason, usage: LanguageModelV3Usage): Omit<ModelEnd, 'calls'> {
  // If the connection ended before the protocol's end, some of the SDK's models still give a `finish`, but without the provider's reason.
  if (unified === 'other' && raw === undefined) throw new ModelError('MODEL_CUT', undefined, { retryable: true });
  // OpenAI sends a refusal's text in a field of its own, Anthropic names it as the reason to stop.
  if (raw === 'refusal')
    throw new ModelError('CONTENT_FILTERED', 'The model refused to answer. Ask in other words, or choose another model.');
  switch (unified) {
    case 'content-filter':
      throw new ModelError('CONTENT_FILTERED');
    case 'error':
      throw new ModelError('MODEL_CUT', undefined, { retryable: true });
    case 'length':
      return { usage: usageOf(usage), reason: 'length' };
    case 'stop':
    case 'tool-calls':
    case 'other':
      return { usage: usageOf(usage), reason: 'stop' };
  }
}

/** The most tokens that one call is believed to have had: far more than any model reads or writes, far less than a count of the database. */
const maxBelievedTokens = 100_000_000;

function usageOf({ inputTokens, outputTokens }: LanguageModelV3Usage): Usage | null {
  const usage = { inputTokens: believed(inputTokens.total), outputTokens: believed(outputTokens.total) };
  if (usage.inputTokens === undefined && usage.outputTokens === undefined) return null;
  const input = usage.inputTokens ?? 0;
  const cachedTokens = Math.min(believed(inputTokens.cacheRead) ?? 0, input);
  return { inputTokens: input, ...(cachedTokens > 0 && { cachedTokens }), outputTokens: usage.outputTokens ?? 0 };
}

/** A figure of tokens; undefined for one that no call can have, which counts as not said. */
function believed(tokens: number | undefined): number | undefined {
  return tokens !== undefined && Number.isInteger(tokens) && tokens >= 0 && tokens <= maxBelievedTokens ? tokens : undefined;
}
