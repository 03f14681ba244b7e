import type { PrivateReply } from '@parley/contracts';
import { withPrivate } from './newer-private.js';

const maxShown = 50;

/** The private replies that a room shows: those that came while it was open and were not put away. */
export class ShownPrivate {
  readonly #dismissed: { has(id: string): boolean };
  readonly #onChange: () => void;
  #replies: PrivateReply[] = [];

  /** @param dismissed those put away, here or in another session */
  constructor(dismissed: { has(id: string): boolean }, onChange: () => void) {
    this.#dismissed = dismissed;
    this.#onChange = onChange;
  }

  /** The same array until something changed. */
  get all(): PrivateReply[] {
    return this.#replies;
  }

  /** One came, new or changed. */
  add(reply: PrivateReply): void {
    if (!this.#dismissed.has(reply.id)) this.#set(withPrivate(this.#replies, reply, maxShown));
  }

  /** One as it is now, if it is shown here. */
  renew(reply: PrivateReply): void {
    if (this.#replies.some(({ id }) => id === reply.id)) this.add(reply);
  }

  /** One was put away, here or on another connection. */
  remove(id: string): void {
    const left = this.#replies.filter((reply) => reply.id !== id);
    if (left.length < this.#replies.length) this.#set(left);
  }

  #set(replies: PrivateReply[]): void {
    this.#replies = replies;
    this.#onChange();
  }
}
