import { appErrors, maxMessageBytes, utf8Bytes, type MessageView } from '@parley/contracts';
import { sentText } from '@parley/contracts/markdown';
import { newClientId } from './new-client-id.js';
import { Backoff, Waits, type BackoffOptions } from '../backoff.js';
import { callFailure, refusal } from '../call-error.js';
import type { Sent } from '../calls.js';
import { Listeners } from '../listeners.js';
import type { Failure, PendingMessage } from '../types.js';

export interface OutboxOptions {
  send(message: { clientId: string; content: string; replyTo: string | null }): Promise<Sent>;
  /** Settles once there is a connection to send on; at once if there is. */
  connected(): Promise<void>;
  /** Most messages that may wait. @default 1000 */
  maxPending?: number | undefined;
  backoff?: BackoffOptions | undefined;
}

/** How often a message is sent in all when the server answers with an error that should pass. */
const maxTries = 3;
/** The longest wait for a rate limit before the message counts as failed and the sender is told, in milliseconds. */
const maxLimitWaitMs = 60_000;

/**
 * One person's messages on their way into one room: one at a time, in the order written, again and again under the same
 * clientId while that can help. A message leaves when the server acknowledged it or when it is seen in the room.
 */
export class Outbox {
  readonly #options: OutboxOptions;
  readonly #backoff: Backoff;
  readonly #waits = new Waits();
  readonly #listeners = new Listeners<[sent: Sent | null]>();
  #pending: PendingMessage[] = [];
  #sending = false;
  #closed = false;
  /** Resolves the wait for the answer to the message that is being sent. */
  #settleCurrent: { clientId: string; settle: () => void } | null = null;

  constructor(options: OutboxOptions) {
    this.#options = options;
    this.#backoff = new Backoff(options.backoff);
  }

  /** Messages not acknowledged yet, in the order written. The same array until something changes. */
  get pending(): PendingMessage[] {
    return this.#pending;
  }

  /** True if no listener is left and nothing is left to send. */
  get isIdle(): boolean {
    return this.#pending.length === 0 && this.#listeners.size === 0;
  }

  /** Calls `listener` after each change, with the server's answer if that caused it. */
  subscribe(listener: (sent: Sent | null) => void): () => void {
    return this.#listeners.add(listener);
  }

  /** @throws RATE_LIMITED, like the server's, when the queue is full: no person types so many messages, and a program must slow down */
  add(content: string, replyTo: string | null): string {
    if (this.#pending.length >= (this.#options.maxPending ?? 1_000)) throw refusal('RATE_LIMITED');
    const clientId = newClientId();
    const error = refused(content);
    const createdAt = new Date().toISOString();
    this.#pending = [...this.#pending, { clientId, content, replyTo, createdAt, state: error ? 'failed' : 'sending', error }];
    this.#listeners.notify(null);
    void this.#sendAll();
    return clientId;
  }

  retry(clientId: string): void {
    const message = this.#find(clientId);
    if (message?.state !== 'failed' || refused(message.content)) return;
    this.#replace({ ...message, state: 'sending', error: null });
    this.#listeners.notify(null);
    void this.#sendAll();
  }

  discard(clientId: string): void {
    if (this.#remove(clientId)) this.#listeners.notify(null);
  }

  /** Removes pending messages that appear among these messages of the room: the server has stored them. */
  confirm(messages: readonly MessageView[], me: string | null): void {
    let found = false;
    if (this.#pending.length === 0) return;
    for (const { clientId, author } of messages) {
      // A clientId is unique per author only: the same one under another author is another message.
      if (clientId !== null && author.id === me && this.#remove(clientId)) found = true;
    }
    if (found) this.#listeners.notify(null);
  }

  close(): void {
    this.#closed = true;
    this.#pending = [];
    this.#waits.endAll();
    this.#settleCurrent?.settle();
    this.#listeners.clear();
  }

  async #sendAll(): Promise<void> {
    if (this.#sending) return;
    this.#sending = true;
    try {
      for (let tries = 1; ; tries++) {
        const message = this.#pending.find(({ state }) => state === 'sending');
        if (!message || this.#closed) return;
        if (await this.#sendOnce(message, tries)) tries = 0;
      }
    } finally {
      this.#sending = false;
    }
  }

  /** @returns whether the message is done with: acknowledged, seen, failed or discarded */
  async #sendOnce(message: PendingMessage, tries: number): Promise<boolean> {
    const { clientId, content, replyTo } = message;
    await this.#options.connected();
    if (!this.#isSending(clientId)) return true;
    try {
      const seen = new Promise<null>((resolve) => {
        this.#settleCurrent = { clientId, settle: () => resolve(null) };
      });
      const sent = await Promise.race([this.#options.send({ clientId, content, replyTo }), seen]);
      this.#backoff.reset();
      if (sent && !this.#closed) {
        this.#remove(clientId);
        this.#listeners.notify(sent);
      }
      return true;
    } catch (error) {
      if (!this.#isSending(clientId)) return true;
      const failure = callFailure(error);
      const delayMs = failure.retryAfterMs ?? this.#backoff.next();
      if (failure.retry === 'never' || (failure.retry === 'few' && tries >= maxTries) || delayMs > maxLimitWaitMs) {
        this.#backoff.reset();
        this.#fail(message, { code: failure.code, message: failure.message });
        return true;
      }
      await this.#waits.wait(delayMs);
      return !this.#isSending(clientId);
    } finally {
      this.#settleCurrent = null;
    }
  }

  #fail(message: PendingMessage, error: Failure): void {
    this.#replace({ ...message, state: 'failed', error });
    this.#listeners.notify(null);
  }

  #find(clientId: string): PendingMessage | undefined {
    return this.#pending.find((message) => message.clientId === clientId);
  }

  #isSending(clientId: string): boolean {
    return this.#find(clientId)?.state === 'sending';
  }

  #replace(message: PendingMessage): void {
    this.#pending = this.#pending.map((each) => (each.clientId === message.clientId ? message : each));
  }

  #remove(clientId: string): boolean {
    const left = this.#pending.filter((message) => message.clientId !== clientId);
    if (left.length === this.#pending.length) return false;
    this.#pending = left;
    if (this.#settleCurrent?.clientId === clientId) this.#settleCurrent.settle();
    return true;
  }
}

/** Refuses what the server would refuse. A frame beyond the server's limit would close the connection. */
function refused(content: string): Failure | null {
  const code =
    sentText(content) === ''
      ? 'MESSAGE_EMPTY'
      : content.length > maxMessageBytes || utf8Bytes(content) > maxMessageBytes
        ? 'MESSAGE_TOO_LARGE'
        : null;
  return code && { code, message: appErrors[code].message };
}
