import type { InboxEvent, PrivateReply, ServerPart } from '@parley/contracts';
import type { BackoffOptions } from '../backoff.js';
import type { InboxCalls } from '../calls.js';
import { Listeners } from '../listeners.js';
import { Feed } from '../realtime/feed.js';
import type { InboxSession, InboxState } from '../types.js';
import { applyInboxEvent } from './inbox-data.js';

export interface InboxSessionOptions {
  calls: InboxCalls;
  dismissed: { has(id: string): boolean };
  /** Called with each private reply that arrives live, for the rooms that show it. */
  onPrivateReply(reply: PrivateReply): void;
  /** Called with each private reply of a snapshot: a room that shows it may have missed its end. */
  onKeptReply(reply: PrivateReply): void;
  /** Called when a private reply was dismissed on another connection. */
  onDismissed(id: string): void;
  /** Called when the server reports which of its parts are away. */
  onServer(away: readonly ServerPart[]): void;
  backoff?: BackoffOptions | undefined;
  onClose(): void;
}

/** See {@link InboxSession}. After every gap the server starts it again with a snapshot, so there is nothing to resume. */
export class OpenInbox implements InboxSession {
  readonly #options: InboxSessionOptions;
  readonly #listeners = new Listeners();
  readonly #feed: Feed<InboxEvent>;
  #state: InboxState = { rooms: null, privateReplies: [], invitations: [] };
  #closed = false;

  constructor(options: InboxSessionOptions) {
    this.#options = options;
    this.#feed = new Feed<InboxEvent>({
      open: (observer) => options.calls.inbox.events.subscribe({}, observer),
      onData: (event) => this.#receive(event),
      // Keep showing the last known rooms until the next snapshot; the connection's state tells that they may be old.
      onLost: () => {},
      onRefused: () => {},
      backoff: options.backoff,
    });
    this.#feed.start();
  }

  getSnapshot(): InboxState {
    return this.#state;
  }

  subscribe(listener: () => void): () => void {
    return this.#listeners.add(listener);
  }

  /** Removes a private reply that was dismissed. */
  forget(id: string): void {
    this.#set({ ...this.#state, privateReplies: this.#state.privateReplies.filter((reply) => reply.id !== id) });
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#feed.close();
    this.#listeners.clear();
    this.#options.onClose();
  }

  #receive(event: InboxEvent): void {
    if (event.type === 'server') return this.#options.onServer(event.away);
    const state = applyInboxEvent(this.#state, event);
    const shown = state.privateReplies.filter(({ id }) => !this.#options.dismissed.has(id));
    this.#set(shown.length === state.privateReplies.length ? state : { ...state, privateReplies: shown });
    if (event.type === 'snapshot') for (const reply of shown) this.#options.onKeptReply(reply);
    if (event.type === 'privateReply') this.#options.onPrivateReply(event.reply);
    if (event.type === 'privateReplyDismissed') this.#options.onDismissed(event.id);
  }

  #set(state: InboxState): void {
    if (state === this.#state) return;
    this.#state = state;
    this.#listeners.notify();
  }
}
