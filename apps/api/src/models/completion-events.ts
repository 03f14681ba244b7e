import { AppError, channels, DeltaReassembler, type CompletionEvent, type modelsCompleteInput } from '@parley/contracts';
import { giveUpCompletion, lookAtCompletion } from '@parley/core/completions/await-completion';
import { beginCompletion } from '@parley/core/completions/begin-completion';
import { newCompletionId, type CompletionResult } from '@parley/core/completions/completion';
import type { Actor } from '@parley/core/sessions/actor';
import type { z } from 'zod';
import type { ApiServices } from '../services.js';

export interface Patience {
  /** How often a call looks how its job stands, in milliseconds: the bus may have lost its text or its end. @default 2000 */
  lookMs?: number;
  /** How long a call waits for a place among those of others, in milliseconds. @default 60000 */
  maxWaitMs?: number;
}

/** After so many looks at a job that waits although no worker does anything, there is no worker. */
const looksWithoutWorker = 2;
/** How long a worker has to say the text so far, in milliseconds. */
const snapshotMs = 500;

type Services = Pick<ApiServices, 'core' | 'calls'>;

/**
 * Has a worker write a completion, and tells it as it grows. The bus brings the text; the end, and what the bus lost, come from the job's
 * row. Whenever the reading ends early, the job is given up.
 *
 * @throws AppError of {@link beginCompletion}; UNAVAILABLE where no worker takes the job; the signal's reason
 */
export async function* completionEvents(
  services: Services,
  actor: Actor,
  { model, messages, temperature = null, maxTokens = null, stop, stream }: z.infer<typeof modelsCompleteInput>,
  signal: AbortSignal | undefined,
  { lookMs = 2_000, maxWaitMs = 60_000 }: Patience = {},
): AsyncGenerator<CompletionEvent, void> {
  const { core, calls } = services;
  const id = newCompletionId();
  const progress = new Progress(id);
  const wake = () => progress.wake();
  signal?.addEventListener('abort', wake, { once: true });
  const subscription = await core.bus.subscribe(channels.completion(id), ({ deltas, ended = false }) => progress.hear(deltas, ended));
  let over = false;
  try {
    signal?.throwIfAborted();
    const request = { messages, temperature, maxTokens, stop };
    const begun = await calls.run(() => beginCompletion(core, actor, { id, model, request }));
    yield { type: 'begun', id, model: begun, createdAt: new Date().toISOString() };
    const waiting = new Waiting(maxWaitMs);
    let sent = '';
    for (;;) {
      const heard = await progress.next(lookMs);
      signal?.throwIfAborted();
      if (stream && progress.text.length > sent.length && progress.text.startsWith(sent)) {
        const text = progress.text.slice(sent.length);
        sent = progress.text;
        yield { type: 'text', text };
      }
      if (heard === 'text') continue;
      const state = await calls.run(() => lookAtCompletion(core, actor, id));
      switch (state.kind) {
        case 'ended':
          over = true;
          yield* endOf(state.result, sent);
          return;
        case 'gone':
          over = true;
          throw new AppError('UNAVAILABLE', 'The call was lost. Send it again.');
        case 'waiting':
          waiting.look(state.busy);
          break;
        case 'underWay':
          if (progress.isMissing)
            progress.takeSnapshot(await core.bus.request(channels.replySnapshot(id, progress.attempt), null, { timeoutMs: snapshotMs }));
          break;
      }
    }
  } finally {
    signal?.removeEventListener('abort', wake);
    subscription.unsubscribe();
    if (!over)
      void giveUpCompletion(core, actor, id).catch((error: unknown) => core.log.warn({ err: error }, 'cannot stop a call of a model'));
  }
}

/** What is left to tell of a completion that has ended. @param sent what was told of its text */
function* endOf({ text, end }: CompletionResult, sent: string): Generator<CompletionEvent, void> {
  if (!text.startsWith(sent)) {
    // Another worker began anew, or the model had shown its thoughts. What was told cannot be taken back.
    if (end.type === 'end') return yield { type: 'failed', code: 'MODEL_CUT', message: 'The model’s answer was cut off. Ask again.' };
  } else if (text.length > sent.length) {
    yield { type: 'text', text: text.slice(sent.length) };
  }
  yield end;
}

/** Decides how long a call waits for a worker. */
class Waiting {
  #looks = 0;
  readonly #maxMs: number;
  readonly #since = performance.now();

  constructor(maxMs: number) {
    this.#maxMs = maxMs;
  }

  /** @param busy whether workers are doing anything @throws AppError UNAVAILABLE once there is no use in waiting */
  look(busy: boolean): void {
    this.#looks = busy ? 0 : this.#looks + 1;
    if (this.#looks > looksWithoutWorker)
      throw new AppError('UNAVAILABLE', 'No worker took the call. Ask whoever runs this server, and try again.');
    if (performance.now() - this.#since > this.#maxMs) throw new AppError('UNAVAILABLE', 'All workers are busy. Try again in a moment.');
  }
}

type Deltas = Parameters<DeltaReassembler['applyDelta']>[0][];

/** The text of one completion, as the bus brings it. */
class Progress {
  readonly #id: string;
  readonly #texts = new DeltaReassembler();
  #heard: 'text' | 'ended' | null = null;
  #wake: (() => void) | null = null;

  constructor(id: string) {
    this.#id = id;
  }

  get text(): string {
    return this.#texts.get(this.#id)?.text ?? '';
  }

  get attempt(): number {
    return this.#texts.get(this.#id)?.attempt ?? 0;
  }

  /** True where later text was heard than the text so far goes on with. */
  get isMissing(): boolean {
    return this.#texts.get(this.#id)?.hole ?? false;
  }

  hear(deltas: Deltas, ended: boolean): void {
    for (const delta of deltas) this.#texts.applyDelta(delta);
    if (ended) this.#heard = 'ended';
    else this.#heard ??= 'text';
    this.wake();
  }

  takeSnapshot(snapshot: Parameters<DeltaReassembler['applySnapshot']>[0] | null): void {
    if (snapshot && this.#texts.applySnapshot(snapshot).kind === 'changed') this.hear([], false);
  }

  /** Ends a wait. */
  wake(): void {
    this.#wake?.();
  }

  /** Waits until something was heard since the last call, or {@link wake} is called, or the time is over, which gives null. */
  async next(withinMs: number): Promise<'text' | 'ended' | null> {
    if (this.#heard === null) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, withinMs);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      this.#wake = null;
    }
    const heard = this.#heard;
    this.#heard = null;
    return heard;
  }
}
