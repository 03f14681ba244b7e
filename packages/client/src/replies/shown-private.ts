import type { PrivateReply } from '@parley/contracts';
import { withPrivate } from './newer-private.js';

const maxShown = 50;

/** The private replies that an open room shows: those that arrived while it was open and were not dismissed. */
export class ShownPrivate {
  readonly #dismissed: { has(id: string): boolean };
  readonly #onChange: () => void;
  #replies: PrivateReply[] = [];

  /** @param dismissed ids of the replies that were dismissed, here or in another session */
  constructor(dismissed: { has(id: string): boolean }, onChange: () => void) {
    this.#dismissed = dismissed;
    this.#onChange = onChange;
  }

  /** The same array until something changed. */
  get all(): PrivateReply[] {
    return this.#replies;
  }

  /** Adds a private reply, or replaces an older version of it. */
  add(reply: PrivateReply): void {
    if (!this.#dismissed.has(reply.id)) this.#set(withPrivate(this.#replies, reply, maxShown));
  }

  /** Replaces a private reply by its current version, if it is shown here. */
  renew(reply: PrivateReply): void {
    if (this.#replies.some(({ id }) => id === reply.id)) this.add(reply);
  }

  /** Removes a private reply that was dismissed, here or on another connection. */
  remove(id: string): void {
    const left = this.#replies.filter((reply) => reply.id !== id);
    if (left.length < this.#replies.length) this.#set(left);
  }

  #set(replies: PrivateReply[]): void {
    this.#replies = replies;
    this.#onChange();
  }
}
