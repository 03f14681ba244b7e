import type { Calls } from '../calls/calls.js';
import { delay } from '../calls/delay.js';
import { linkedAbort } from '../calls/linked-abort.js';
import { retryOfCode } from '../../retry-of-code.js';
import { ParleyError } from '../parley-error.js';
import type { AgentTaskView, MessageView, PrivateReply } from '../views.js';
import { AnswerText } from './answer-text.js';

/** The shortest time from one write to the next, in milliseconds: what is written meanwhile goes together. */
const windowMs = 40;
/** How long nothing has to be written before the task listens whether it is to stop, in milliseconds. */
const quietMs = 250;
/** The longest that one call listens, in milliseconds; less where the lease is shorter. */
const maxListenMs = 20_000;
/** How much of an answer may wait to be sent before `write` asks its caller to wait, in UTF-16 units. */
const maxUnsent = 65_536;
/** The longest sentence of a failure, in characters. */
const maxFailureLength = 200;
/** How long to wait after a server that is away, in milliseconds. */
const awayMs = 1_000;

export interface TaskUsage {
  inputTokens: number;
  outputTokens: number;
}

/** An answer that a character owes, while this process writes it. */
export class AgentTask {
  readonly id: string;
  readonly roomId: string;
  /** The message that the answer becomes. */
  readonly messageId: string;
  /** What the character is told to be and do. */
  readonly prompt: string;
  /** The conversation as the character sees it, the oldest first. */
  readonly messages: AgentTaskView['messages'];
  /** Who asked. */
  readonly askedBy: AgentTaskView['askedBy'];
  /** What called the character. */
  readonly trigger: AgentTaskView['trigger'];
  /** Whether only the asker reads the answer. */
  readonly private: boolean;
  /** Aborts when somebody stops the answer, and when the task is not this process's any more: another took it over, or it was let go. */
  readonly signal: AbortSignal;
  readonly #calls: Calls;
  readonly #attempt: number;
  readonly #text = new AnswerText();
  readonly #abort = new AbortController();
  readonly #over = new AbortController();
  #state: 'writing' | 'ending' | 'over' = 'writing';
  #stopped: boolean;
  #leaseMs: number;
  #refused: unknown = null;
  /** Ends the call that listens, and the wait for it: there is something to write. */
  #wake: (() => void) | null = null;
  #drained: (() => void)[] = [];
  readonly #pump: Promise<void>;
  readonly #onOver: (task: AgentTask) => void;

  /** @param onOver called once, when this process has nothing more to do with the task */
  constructor(calls: Calls, view: AgentTaskView, onOver: (task: AgentTask) => void) {
    this.#calls = calls;
    this.#onOver = onOver;
    this.id = view.taskId;
    this.roomId = view.roomId;
    this.messageId = view.messageId;
    this.prompt = view.prompt;
    this.messages = view.messages;
    this.askedBy = view.askedBy;
    this.trigger = view.trigger;
    this.private = view.private;
    this.#attempt = view.attempt;
    this.#leaseMs = view.leaseMs;
    this.#stopped = view.stopRequested;
    this.signal = this.#abort.signal;
    if (view.stopRequested) this.#abort.abort();
    this.#pump = this.#write();
  }

  /** Whether somebody stopped the answer. */
  get stopped(): boolean {
    return this.#stopped;
  }

  /**
   * Goes on with the answer. What is written within a moment is sent together. Once the task is over, nothing happens.
   *
   * @returns settles at once, or when the server has taken the most of what waits to be sent: whoever writes faster may await it
   */
  async write(text: string): Promise<void> {
    if (this.#state !== 'writing' || text === '') return;
    this.#text.append(text);
    this.#wake?.();
    if (this.#text.unsentLength > maxUnsent) await new Promise<void>((resolve) => this.#drained.push(resolve));
  }

  /**
   * Ends the answer with what was written, also if it was stopped.
   *
   * @returns the message; null if the task was not this process's any more
   * @throws ParleyError
   */
  done({ usage }: { usage?: TaskUsage } = {}): Promise<MessageView | PrivateReply | null> {
    return this.#end('done', { text: this.#text.whole, ...(this.#stopped && { stopped: true }), ...(usage && { usage }) });
  }

  /**
   * Ends the answer as failed, which the room is told with this sentence. If somebody stopped it, it is stopped and has not failed.
   *
   * @param options.retry true if another attempt may succeed: it follows if nothing was written yet
   * @returns the message; null if the task was not this process's any more
   * @throws ParleyError
   */
  fail(message: string, { retry = false }: { retry?: boolean } = {}): Promise<MessageView | PrivateReply | null> {
    return this.#stopped ? this.done() : this.#end('fail', { message: oneLine(message), ...(retry && { retry }) });
  }

  /** Writes no more and keeps the lease no longer: another process may take the task over. */
  letGo(): void {
    if (this.#state === 'over') return;
    this.#state = 'over';
    this.#over.abort();
    this.#abort.abort();
    this.#settleDrained();
    this.#onOver(this);
  }

  async #end(how: 'done' | 'fail', body: object): Promise<MessageView | PrivateReply | null> {
    if (this.#state === 'ending') throw new Error('The task is being ended already.');
    if (this.#state === 'writing') {
      this.#state = 'ending';
      this.#wake?.();
      await this.#pump;
    }
    if (this.#refused !== null) throw this.#refused;
    if (this.#over.signal.aborted) return null;
    try {
      const { message } = await this.#calls.call<{ message: MessageView | PrivateReply }>('POST', `${this.#path}/${how}`, {
        body: { attempt: this.#attempt, ...body },
        mayRepeat: true,
      });
      return message;
    } catch (error) {
      if (isOver(error)) return null;
      throw error;
    } finally {
      this.letGo();
    }
  }

  get #path(): string {
    return `/api/agents/tasks/${this.id}`;
  }

  /** Sends what is written, one call at a time, and listens in between, until the task ends. */
  async #write(): Promise<void> {
    // The object is whole, and whoever was given the task may write, before anything is sent.
    await Promise.resolve();
    // By a clock that nobody sets: one that is put back by an hour must not hold the text, and with it the lease, for an hour.
    let sentAt = -Infinity;
    while (this.#state === 'writing') {
      const piece = this.#text.next();
      try {
        if (piece) {
          await delay(Math.max(0, sentAt + windowMs - performance.now()), this.#over.signal);
          sentAt = performance.now();
          // More may have been written meanwhile.
          await this.#send(this.#text.next()!);
        } else await this.#listen();
      } catch (error) {
        if (!(await this.#survives(error))) return;
      }
    }
  }

  async #send({ offset, text }: { offset: number; text: string }): Promise<void> {
    try {
      this.#noteAnswer(await this.#call({ offset, text }, this.#over.signal));
      this.#text.sent(offset + text.length);
    } catch (error) {
      // No server knows the beginning: the one that did died.
      if (!(error instanceof ParleyError) || error.code !== 'TEXT_MISSING') throw error;
      const { offset: from } = error.data;
      this.#text.sent(typeof from === 'number' && from < offset ? from : 0);
    }
    if (this.#text.unsentLength <= maxUnsent) this.#settleDrained();
  }

  /** Renews the lease, and waits until there is something to write or the answer is stopped. */
  async #listen(): Promise<void> {
    const woken = linkedAbort(this.#over.signal);
    this.#wake = woken.abort;
    try {
      await delay(quietMs, woken.signal);
      if (woken.signal.aborted || this.#stopped) {
        // A stop that is known needs only the lease, until whoever writes has heard of it.
        if (this.#stopped && !woken.signal.aborted) {
          this.#noteAnswer(await this.#call({ offset: this.#text.sentLength, text: '' }, woken.signal));
          await delay(this.#leaseMs / 3, woken.signal);
        }
        return;
      }
      const wait = Math.round(Math.min(maxListenMs, this.#leaseMs / 2));
      this.#noteAnswer(await this.#call({ offset: this.#text.sentLength, text: '', wait }, woken.signal));
    } catch (error) {
      if (!woken.signal.aborted) throw error;
    } finally {
      this.#wake = null;
      woken.unlink();
    }
  }

  #call(body: { offset: number; text: string; wait?: number }, signal: AbortSignal): Promise<{ stopRequested: boolean; leaseMs: number }> {
    const timeoutMs = (body.wait ?? 0) + 20_000;
    return this.#calls.call('POST', `${this.#path}/write`, {
      body: { attempt: this.#attempt, ...body },
      mayRepeat: true,
      signal,
      timeoutMs,
    });
  }

  #noteAnswer({ stopRequested, leaseMs }: { stopRequested: boolean; leaseMs: number }): void {
    this.#leaseMs = leaseMs;
    if (!stopRequested || this.#stopped) return;
    this.#stopped = true;
    this.#abort.abort();
  }

  /** Whether the task goes on after a failed call. */
  async #survives(error: unknown): Promise<boolean> {
    if (this.#over.signal.aborted) return false;
    if (error instanceof ParleyError && retryOfCode[error.code] !== undefined) {
      await delay(error.retryAfterMs ?? awayMs, this.#over.signal);
      return true;
    }
    if (!isOver(error)) this.#refused = error;
    this.letGo();
    return false;
  }

  #settleDrained(): void {
    const waiting = this.#drained;
    this.#drained = [];
    for (const resolve of waiting) resolve();
  }
}

/** A failure as the room is told of it: a line of some words. */
function oneLine(message: string): string {
  const line = message.replace(/\s+/g, ' ').trim();
  return [...(line || 'The agent could not answer.')].slice(0, maxFailureLength).join('');
}

/** True if the task is not this process's any more: another took it over, or it has ended. */
function isOver(error: unknown): boolean {
  return error instanceof ParleyError && error.code === 'ATTEMPT_OVER';
}
