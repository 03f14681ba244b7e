import { setTimeout as delay } from 'node:timers/promises';
import { isInProgress, type InboxEvent, type PrivateReply } from '@parley/contracts';

const readAgainMs = 1_000;

/** The inbox of whoever asked, until the signal aborts. */
type ReadInbox = (signal: AbortSignal) => AsyncIterable<InboxEvent>;

/**
 * The private answers that one socket asked for and that are not there yet. Their asker's inbox is read while there are any: it begins with
 * what is stored, so nothing is missed that came before, and what the bus loses comes with its next snapshot.
 */
export class PrivateAnswers {
  readonly #readInbox: ReadInbox;
  readonly #onEnd: (reply: PrivateReply, clientID: string | undefined) => void;
  readonly #onError: (error: unknown) => void;
  readonly #signal: AbortSignal;
  /** By the reply's id, the id that its asker gave the question. */
  readonly #awaited = new Map<string, string | undefined>();
  #reading = false;

  constructor(options: {
    readInbox: ReadInbox;
    /** Called once for each awaited answer that ended, however it did. */
    onEnd(reply: PrivateReply, clientID: string | undefined): void;
    onError(error: unknown): void;
    /** Aborts when the socket is closed. */
    signal: AbortSignal;
  }) {
    this.#readInbox = options.readInbox;
    this.#onEnd = options.onEnd;
    this.#onError = options.onError;
    this.#signal = options.signal;
  }

  await(reply: PrivateReply, clientID: string | undefined): void {
    if (!isInProgress(reply.status)) return this.#onEnd(reply, clientID);
    this.#awaited.set(reply.id, clientID);
    if (!this.#reading) void this.#read();
  }

  async #read(): Promise<void> {
    this.#reading = true;
    try {
      while (this.#awaited.size > 0 && !this.#signal.aborted) {
        for await (const event of this.#readInbox(this.#signal)) {
          this.#note(event);
          if (this.#awaited.size === 0) break;
        }
        // An inbox that ends at once, as in a process that stops, must not be read without a pause.
        if (this.#awaited.size > 0) await delay(readAgainMs, undefined, { signal: this.#signal }).catch(() => {});
      }
    } catch (error) {
      this.#awaited.clear();
      this.#onError(error);
    } finally {
      this.#reading = false;
    }
  }

  #note(event: InboxEvent): void {
    if (event.type === 'snapshot') for (const reply of event.privateReplies) this.#settle(reply);
    else if (event.type === 'privateReply') this.#settle(event.reply);
    else if (event.type === 'privateReplyDismissed') this.#awaited.delete(event.id);
  }

  #settle(reply: PrivateReply): void {
    if (isInProgress(reply.status) || !this.#awaited.has(reply.id)) return;
    const clientID = this.#awaited.get(reply.id);
    this.#awaited.delete(reply.id);
    this.#onEnd(reply, clientID);
  }
}
