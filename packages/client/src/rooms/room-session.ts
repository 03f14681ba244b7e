import { isDurable, type DurableEvent, type EphemeralEvent, type MessageView, type RoomEvent } from '@parley/contracts';
import { Backoff, Waits, type BackoffOptions } from '../backoff.js';
import { callFailure } from '../call-error.js';
import type { RoomCalls, Sent } from '../calls.js';
import { Listeners } from '../listeners.js';
import type { Outbox } from '../messages/outbox.js';
import { Feed } from '../realtime/feed.js';
import { ReplyTexts } from '../replies/reply-texts.js';
import { ShownPrivate } from '../replies/shown-private.js';
import type { Failure, ReplyInProgress, RoomQueue, RoomSession, RoomState } from '../types.js';
import { MessagePages } from './message-pages.js';
import { ReadMarker } from './read-marker.js';
import { addMessages, applyEvent, openRoomData, readUpTo, type RoomData } from './room-data.js';

export interface RoomSessionOptions {
  calls: RoomCalls;
  outbox: Outbox;
  /** User id of who is signed in. */
  me(): string | null;
  /** Private replies put away, here or in another session. */
  dismissed: { has(id: string): boolean; add(id: string): void };
  /** The rev after which events are told to {@link RoomSession.onEvent}. */
  after?: number | undefined;
  /** Messages of one page. @default 50 */
  pageSize?: number | undefined;
  /** Above this number the oldest messages are dropped. @default 20000 */
  maxMessages?: number | undefined;
  backoff?: BackoffOptions | undefined;
  /** What was known of the room when it was last closed, shown where it cannot be read at once. @default nothing */
  known?: RoomData | undefined;
  /** Whether the room can be read now. @default true */
  connected?: boolean;
  /** @param data what is known of the room by then; null if nothing is, or if it may be read no more */
  onClose(data: RoomData | null): void;
}

type Tracked = { id: string; data: RoomEvent };

/** Most durable events that wait while the room is read. Beyond it they are read again from the server. */
const maxBuffered = 2_000;
const defaultPageSize = 50;

/** See {@link RoomSession}: reads the room, then follows it from the rev it was read at. */
export class OpenRoom implements RoomSession {
  readonly roomId: string;
  readonly privateReplies: ShownPrivate;
  readonly #options: RoomSessionOptions;
  readonly #listeners = new Listeners();
  readonly #taps = new Listeners<[eventId: string, event: RoomEvent]>();
  readonly #texts: ReplyTexts;
  readonly #feed: Feed<Tracked>;
  readonly #reads: ReadMarker;
  readonly #pages: MessagePages;
  readonly #waits = new Waits();
  readonly #leaveOutbox: () => void;
  #data: RoomData | null = null;
  #status: RoomState['status'] = 'loading';
  #error: Failure | null = null;
  #typing: string[] = [];
  #queue: RoomQueue | null = null;
  #online: string[] = [];
  #onlineCount = 0;
  /** Rev of the last durable event received: a new subscription resumes after it. */
  #position: number | null;
  /** Durable events received while the room is read; null while it is not. */
  #buffer: DurableEvent[] | null = [];
  /** True if more events arrived than the buffer holds: read them again once the room is loaded. */
  #overflown = false;
  #following = false;
  /** Goes up with each read of the room: the answer to an earlier read is ignored. */
  #reading = 0;
  #closed = false;
  #snapshot: RoomState;

  constructor(roomId: string, options: RoomSessionOptions) {
    this.roomId = roomId;
    this.#options = options;
    this.#position = options.after ?? null;
    this.privateReplies = new ShownPrivate(options.dismissed, () => this.#changed());
    this.#texts = new ReplyTexts(() => this.#feed.start());
    this.#feed = new Feed<Tracked>({
      open: (observer) =>
        options.calls.rooms.events.subscribe({ roomId, ...(this.#position === null ? {} : { after: this.#position }) }, observer),
      onData: ({ id, data }) => this.#receive(id, data),
      onLost: () => this.#lost(),
      onRefused: (failure) => this.#fail(failure),
      backoff: options.backoff,
    });
    this.#reads = new ReadMarker((seq) => options.calls.rooms.markRead.mutate({ roomId, seq }), options.backoff);
    this.#pages = new MessagePages({
      load: (place) => options.calls.messages.list.query({ roomId, limit: options.pageSize ?? defaultPageSize, ...place }),
      data: () => (this.#closed ? null : this.#data),
      show: (data, page) => {
        this.#data = data;
        for (const message of page.items) this.#texts.noteMessage(message, false);
        this.#changed();
      },
      me: options.me,
    });
    this.#leaveOutbox = options.outbox.subscribe((sent) => this.#outboxChanged(sent));
    if (options.connected === false) this.#showKnown();
    this.#snapshot = this.#takeSnapshot();
    void this.#read();
  }

  getSnapshot(): RoomState {
    return this.#snapshot;
  }

  subscribe(listener: () => void): () => void {
    return this.#listeners.add(listener);
  }

  onEvent(listener: (eventId: string, event: RoomEvent) => void): () => void {
    return this.#taps.add(listener);
  }

  send(content: string, options: { replyTo?: string | null } = {}): string {
    // A sent message appears at the end: go there.
    void this.showLatest();
    return this.#options.outbox.add(content, options.replyTo ?? null);
  }

  retry(clientId: string): void {
    this.#options.outbox.retry(clientId);
  }

  discard(clientId: string): void {
    this.#options.outbox.discard(clientId);
  }

  loadOlder(): Promise<void> {
    return this.#pages.loadOlder();
  }

  loadNewer(): Promise<void> {
    return this.#pages.loadNewer();
  }

  showAround(seq: number): Promise<boolean> {
    return this.#pages.loadAround(seq);
  }

  async loadMembers(where?: { query: string } | { ids: string[] }): Promise<void> {
    const { loadMembers } = await import('./load-members.js');
    await loadMembers({
      read: (after) => this.#options.calls.rooms.members.query({ roomId: this.roomId, ...(where ?? { after }) }),
      data: () => (this.#closed ? null : this.#data),
      show: (data) => {
        this.#data = data;
        this.#changed();
      },
      isNext: !where,
    });
  }

  stay(): void {
    this.#pages.stay();
  }

  async showLatest(): Promise<void> {
    this.stay();
    if (this.#data?.hasNewer) await this.#read();
  }

  async stop(messageId: string): Promise<void> {
    const stopped = await this.#options.calls.replies.stop.mutate({ messageId });
    if ('seq' in stopped) this.#add([stopped]);
    else this.privateReplies.add(stopped);
  }

  markRead(seq: number): void {
    if (!this.#data || this.#closed || seq <= this.#data.mine.lastReadSeq) return;
    this.#data = readUpTo(this.#data, seq, this.#options.me());
    this.#reads.mark(this.#data.mine.lastReadSeq);
    this.#changed();
  }

  dismissPrivate(id: string): void {
    this.#options.dismissed.add(id);
    this.privateReplies.remove(id);
    // If the server could not be told, the reply comes back with the next visit and can be dismissed again.
    this.#options.calls.inbox.dismiss.mutate({ id }).catch(() => {});
  }

  replyText(messageId: string): ReplyInProgress | undefined {
    return this.#texts.get(messageId);
  }

  subscribeReply(messageId: string, listener: () => void): () => void {
    return this.#texts.subscribe(messageId, listener);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#reading++;
    this.#feed.close();
    this.#texts.close();
    this.#reads.close();
    this.#waits.endAll();
    this.#leaveOutbox();
    this.#listeners.clear();
    this.#taps.clear();
    this.#options.onClose(this.#status === 'failed' ? null : this.#data);
  }

  /** Reads the room, again and again until that succeeds, then applies the events that arrived meanwhile. */
  async #read(): Promise<void> {
    const { calls, pageSize = defaultPageSize, outbox, me } = this.#options;
    const reading = ++this.#reading;
    const backoff = new Backoff(this.#options.backoff);
    this.#buffer = [];
    for (;;) {
      try {
        const [detail, page] = await Promise.all([
          calls.rooms.get.query({ roomId: this.roomId }),
          calls.messages.list.query({ roomId: this.roomId, limit: pageSize }),
        ]);
        if (reading !== this.#reading) return;
        this.#data = openRoomData(detail, page, me());
        for (const message of page.items) this.#texts.noteMessage(message, false);
        for (const event of this.#buffer ?? []) this.#apply(event);
        this.#buffer = null;
        outbox.confirm(page.items, me());
        this.#changed();
        if (!this.#following) this.#position = Math.min(this.#position ?? Infinity, this.#data.rev);
        if (!this.#following || this.#overflown) this.#feed.start();
        this.#following = true;
        this.#overflown = false;
        return;
      } catch (error) {
        if (reading !== this.#reading) return;
        const failure = callFailure(error);
        if (failure.retry === 'never') return this.#fail(failure);
        if (this.#showKnown()) this.#changed();
        await this.#waits.wait(failure.retryAfterMs ?? backoff.next());
        if (reading !== this.#reading) return;
      }
    }
  }

  /** Shows what was known of the room, until it is read. */
  #showKnown(): boolean {
    const { known } = this.#options;
    if (this.#data || !known) return false;
    this.#data = known;
    this.#status = 'reconnecting';
    return true;
  }

  #receive(eventId: string, event: RoomEvent): void {
    if (isDurable(event)) {
      // A replay starts at our position, and a second socket a little before it: skip events that were applied already.
      if (this.#position !== null && event.rev <= this.#position) return;
      if (this.#buffer && this.#buffer.length >= maxBuffered) this.#overflown = true;
      if (this.#overflown) return;
      this.#position = event.rev;
      if (this.#buffer) this.#buffer.push(event);
      else this.#apply(event);
    } else this.#receiveSignal(event);
    this.#changed();
    this.#taps.notify(eventId, event);
  }

  #receiveSignal(event: EphemeralEvent): void {
    switch (event.type) {
      case 'hello':
        this.#status = 'live';
        this.#error = null;
        // An empty queue is not told.
        this.#queue = null;
        for (const reply of event.replies) this.#texts.applySnapshot(reply);
        return;
      case 'delta':
        return this.#texts.applyDelta(event);
      case 'snapshot':
        return this.#texts.applySnapshot(event);
      case 'presence':
        this.#online = event.online ?? [];
        this.#onlineCount = event.onlineCount ?? event.online.length;
        return;
      case 'typing':
        this.#typing = event.userIds;
        return;
      case 'queue':
        this.#queue = event.count ? event : null;
        return;
      case 'resync':
        // Take the head also if it is lower than our position: the database may have been restored from a backup.
        this.#position = event.rev;
        void this.#read();
        return;
    }
  }

  #apply(event: DurableEvent): void {
    if (!this.#data) return;
    const { me, maxMessages = 20_000, outbox } = this.#options;
    if (event.type === 'message') this.#pages.note(this.#data, event.message);
    this.#data = applyEvent(this.#data, event, me(), maxMessages);
    if (event.type !== 'message') return;
    this.#texts.noteMessage(event.message, true);
    outbox.confirm([event.message], me());
  }

  /** Adds messages that came as the answer to a call. */
  #add(messages: MessageView[]): void {
    if (this.#closed || !this.#data) return;
    this.#data = addMessages(this.#data, messages, this.#options.me());
    for (const message of messages) this.#texts.noteMessage(message, true);
    this.#changed();
  }

  #outboxChanged(sent: Sent | null): void {
    if (sent?.privateReply) this.privateReplies.add(sent.privateReply);
    if (sent) this.#add([...(sent.message ? [sent.message] : []), ...sent.replies]);
    this.#changed();
  }

  #lost(): void {
    if (this.#status !== 'live') return;
    this.#status = 'reconnecting';
    this.#typing = [];
    this.#changed();
  }

  #fail({ code, message }: Failure): void {
    this.#reading++;
    this.#feed.stop();
    this.#status = 'failed';
    this.#error = { code, message };
    this.#changed();
  }

  /** Replaces the snapshot if something in it is new, and calls the listeners. */
  #changed(): void {
    if (this.#closed) return;
    const next = this.#takeSnapshot();
    const known = this.#snapshot;
    if ((Object.keys(next) as (keyof RoomState)[]).every((key) => next[key] === known[key])) return;
    this.#snapshot = next;
    this.#listeners.notify();
  }

  #takeSnapshot(): RoomState {
    const data = this.#data;
    return {
      status: this.#status,
      error: this.#error,
      room: data?.room ?? null,
      mine: data?.mine ?? null,
      members: data?.members ?? none,
      hasMoreMembers: !!data?.nextMembers,
      characters: data?.characters ?? none,
      messages: data?.messages ?? none,
      hasOlder: data?.hasOlder ?? false,
      hasNewer: data?.hasNewer ?? false,
      pending: this.#options.outbox.pending,
      privateReplies: this.privateReplies.all,
      typing: this.#typing,
      queue: this.#queue,
      online: this.#online,
      onlineCount: this.#onlineCount,
    };
  }
}

/** One array for every empty list, so that the snapshot of a room that is not loaded stays the same object. */
const none: never[] = [];
