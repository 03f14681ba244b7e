import {
  AppError,
  isDurable,
  type DurableEvent,
  type EphemeralEvent,
  type RoomEvent,
  type RoomDeltasPayload,
  type RoomEventsPayload,
  type RoomSignalPayload,
  type RoomThoughtPayload,
} from '@parley/contracts';
import type { RoomHead } from '@parley/core/sync/load-heads';
import { EventBatch } from './event-batch.js';
import { EventRing } from './event-ring.js';
import type { HubWatch } from './hub-watch.js';
import { QueueFeed } from './queue-feed.js';
import { MissedEvents, unreadable, type Position } from './missed-events.js';
import { durableOut, type EphemeralIds, type EphemeralOut, type OutEvent } from './out-event.js';
import type { RoomReader } from './reader.js';
import { ReplyFeed, type ReplyFeedOptions } from './reply-feed.js';
import { RoomLog, type RoomLogOptions } from './room-log.js';
import { RoomAdmissions } from './room-admissions.js';
import { RoomOutput } from './room-output.js';
import type { RoomSource, RoomWire } from './room-source.js';
import { TypingUsers } from './typing-users.js';

export interface RoomHubOptions {
  log: RoomLogOptions;
  replies: ReplyFeedOptions;
  /** Durable events kept for readers that reconnect. */
  ringSize: number;
  /** How long a typing signal lasts, in milliseconds. */
  typingMs: number;
}

export interface RoomHubDeps {
  source: RoomSource;
  wire: RoomWire;
  ids: EphemeralIds;
  /** Throws for an event that its schema does not declare; the readers' subscriptions then end. Null or absent: no event is checked. */
  checkEvent?: ((event: RoomEvent) => void) | null;
  /** @default nobody is told */
  watch?: HubWatch | undefined;
  onError(error: unknown, context: { roomId: string; operation: string }): void;
}

/** Arrivals that wait to be told that their events were given to readers; of more than these in one batch, the first are told. */
const maxArrivals = 64;

/**
 * One room with local readers: takes the room's events from the bus and the database in rev order, and hands each, encoded
 * once, to every reader. Open it before use; {@link close} it when the last reader is gone.
 */
export class RoomHub {
  readonly roomId: string;
  readonly #deps: RoomHubDeps;
  readonly #readers = new Set<RoomReader>();
  readonly #log: RoomLog;
  readonly #replies: ReplyFeed;
  readonly #typing: TypingUsers;
  readonly #queue: QueueFeed;
  readonly #ring: EventRing;
  readonly #missed: MissedEvents;
  readonly #admissions: RoomAdmissions;
  readonly #output: RoomOutput;
  #subscription: { unsubscribe(): void } | null = null;
  #subscribing = false;
  #presence: EphemeralEvent | null = null;
  /** Seq of the last message seen. */
  #seq = 0;
  #closed = false;
  /** Of events that came over the bus and are not yet with the readers. */
  #arrivals: ((readers: number) => void)[] = [];

  constructor(roomId: string, deps: RoomHubDeps, options: RoomHubOptions) {
    this.roomId = roomId;
    this.#deps = deps;
    this.#ring = new EventRing(options.ringSize, 0);
    this.#log = new RoomLog(
      roomId,
      deps.source,
      options.log,
      {
        apply: (event) => this.#apply(event),
        jumped: (head) => this.#jumped(head),
      },
      (error) => deps.onError(error, { roomId, operation: 'catch up' }),
    );
    this.#missed = new MissedEvents(roomId, deps.source, this.#log, this.#ring, options.log);
    this.#admissions = new RoomAdmissions(roomId, deps.source);
    this.#replies = new ReplyFeed(
      deps.wire,
      options.replies,
      (delayMs) => this.#output.schedule(delayMs),
      (error) => deps.onError(error, { roomId, operation: 'ask for a text' }),
    );
    this.#output = new RoomOutput({
      ids: deps.ids,
      takeTexts: () => this.#replies.takeEvents(),
      deliver: (batch) => this.#deliver(batch),
    });
    this.#queue = new QueueFeed(
      () => deps.source.loadQueue(roomId),
      (event) => this.#broadcast(event),
      (error) => deps.onError(error, { roomId, operation: 'read the queue' }),
    );
    this.#typing = new TypingUsers(options.typingMs, (userIds) => this.#broadcast({ type: 'typing', userIds }));
  }

  get readerCount(): number {
    return this.#readers.size;
  }

  /** The position: every reader attached was given all durable events up to it, or gets them with the next flush. */
  get rev(): number {
    return this.#log.rev ?? 0;
  }

  /**
   * Subscribes, and reads the head once the broker has the subscription: in this order no event falls between the two. If the bus is
   * away the room opens all the same: events then come by the comparison of heads, late instead of at once.
   */
  async open(first: { userId: string; sessionId: string }): Promise<void> {
    await this.#subscribe();
    const { head, active } = await this.#admissions.readFirst(first);
    this.#ring.reset(head.rev);
    this.#output.startAt(head.rev);
    this.#seq = head.seq;
    // Open the replies before the changes after the head are applied, because those may end a reply.
    const texts = this.#replies.open(active);
    this.#queue.replace(active.map(({ messageId }) => messageId));
    this.#log.start(head);
    await texts;
  }

  /**
   * Lets a reader in. It reads head and membership in one statement, waits until the hub has come to that head, and checks that the
   * membership still holds. Then it builds `hello`, delivers what the reader missed (or a resync) and attaches the reader, all in one
   * turn, so that the reader misses nothing, gets nothing twice and gets nothing live before the replay.
   *
   * @returns `hello`, which the reader must be sent before what was delivered to it
   * @throws AppError ROOM_NOT_FOUND for a reader who is not a member
   * @throws AppError UNAVAILABLE if the room cannot be read, or was closed meanwhile
   */
  async admit(reader: RoomReader, position: Position): Promise<EphemeralOut> {
    const admission = await this.#admissions.read(reader);
    if (!admission.member) throw new AppError('ROOM_NOT_FOUND');
    if (!(await this.#log.reach(admission.head.rev))) throw unreadable();

    const read = await this.#missed.read(position);
    // Nothing is awaited from here to the end, so no event can fall between replay and attachment.
    const recent = read && this.#ring.after(read.upTo);
    if ((read && !recent) || this.#admissions.isTooOld(admission)) return this.admit(reader, position);
    if (this.#closed) throw new AppError('UNAVAILABLE', 'The room was closed on this instance. Try again.');
    if (this.#admissions.hasLeftSince(admission, reader.userId)) throw new AppError('ROOM_NOT_FOUND');

    // Send the queued events to the readers already here: the new reader has them in its replay.
    this.#output.flush();
    const rev = this.rev;
    if (admission.head.rev === rev) this.#replies.replaceActive(admission.active);
    const seq = Math.max(admission.head.seq, this.#seq);
    const hello = this.#deps.ids.out(position ?? rev, { type: 'hello', rev, seq, replies: this.#replies.snapshots() });
    const replay: OutEvent[] = read && recent ? [...read.events, ...recent] : [this.#deps.ids.out(rev, { type: 'resync', rev })];
    for (const event of [this.#presence, this.#queue.event]) if (event) replay.push(this.#deps.ids.out(rev, event));
    this.#deps.checkEvent?.(hello.event);
    this.#check(replay);
    this.#give(new EventBatch(replay), [reader]);
    this.#readers.add(reader);
    return hello;
  }

  detach(reader: RoomReader): void {
    this.#readers.delete(reader);
  }

  /** Gives a reader that lost deltas the texts so far, if it can take them. The reader's `onWritable` calls this. */
  recover(reader: RoomReader): void {
    if (!this.#readers.has(reader) || !reader.takeRecovered()) return;
    const events: EphemeralEvent[] = this.#replies
      .snapshots()
      .filter(({ text }) => text !== '')
      .map((snapshot) => ({ type: 'snapshot', ...snapshot }));
    if (this.#presence) events.push(this.#presence);
    if (this.#queue.event) events.push(this.#queue.event);
    events.push({ type: 'typing', userIds: this.#typing.userIds });
    // Events that are applied but still queued have not been sent, so the position is that of the last flush.
    this.#give(new EventBatch(events.map((event) => this.#deps.ids.out(this.#output.flushedRev, event))), [reader]);
  }

  /**
   * Takes the database's head, as the sweep saw it. Catches up if the bus lost something, goes back if the database was restored from a
   * backup, and subscribes if the bus refused before.
   *
   * @param before the hub's rev when the sweep began to read
   * @returns whether the room was behind, or ahead
   */
  async noteHead(head: RoomHead, before: number): Promise<boolean> {
    void this.#subscribe();
    this.#queue.retry();
    const differs = head.rev < before || head.rev > this.rev;
    if (head.rev < before) this.#log.goBack(head);
    else await this.#log.reach(head.rev);
    return differs;
  }

  /** Sets who is online, as the registry of presence says, and tells the readers if that changed. */
  setPresence(presence: { online: string[] } | { onlineCount: number }): void {
    const event: EphemeralEvent = { type: 'presence', ...presence };
    if (JSON.stringify(event) === JSON.stringify(this.#presence)) return;
    this.#presence = event;
    this.#broadcast(event);
  }

  close(): void {
    this.#closed = true;
    this.#subscription?.unsubscribe();
    this.#log.close();
    this.#typing.close();
    this.#queue.close();
    this.#output.close();
    this.#replies.close();
    for (const reader of this.#readers) this.#end(reader, null);
  }

  async #subscribe(): Promise<void> {
    if (this.#subscription || this.#subscribing || this.#closed) return;
    this.#subscribing = true;
    try {
      this.#subscription = await this.#deps.wire.subscribe(this.roomId, {
        events: (payload) => this.#receiveEvents(payload),
        deltas: (payload) => this.#receiveDeltas(payload),
        signals: (payload) => this.#receiveSignal(payload),
        thoughts: (payload) => this.#receiveThought(payload),
      });
      if (this.#closed) this.#subscription.unsubscribe();
    } catch (error) {
      this.#deps.onError(error, { roomId: this.roomId, operation: 'subscribe' });
    } finally {
      this.#subscribing = false;
    }
  }

  #receiveEvents({ events }: RoomEventsPayload): void {
    const { watch } = this.#deps;
    if (watch && this.#arrivals.length < maxArrivals) this.#arrivals.push(watch.arrived());
    for (const event of events) this.#log.receive(event.rev, 'type' in event && isDurable(event) ? event : null);
  }

  #receiveDeltas({ deltas }: RoomDeltasPayload): void {
    for (const delta of deltas) this.#replies.receive(delta);
  }

  #receiveThought({ to, ...piece }: RoomThoughtPayload): void {
    if (to) return this.#deliverTo(to, { type: 'thought', ...piece });
    // One that comes behind its answer's end is nobody's any more.
    if (this.#replies.isInProgress(piece.messageId)) this.#broadcast({ type: 'thought', ...piece });
  }

  #receiveSignal(signal: RoomSignalPayload): void {
    if (signal.type === 'typing') this.#typing.set(signal.userId, signal.typing);
  }

  #apply(event: DurableEvent): void {
    if (event.type === 'message') {
      this.#seq = Math.max(this.#seq, event.message.seq);
      // The change may end the reply: text that came before the end must go out before it.
      if (event.message.kind === 'reply') this.#output.collectTexts();
      if (event.message.author.type === 'user' && event.message.author.id) this.#typing.set(event.message.author.id, false);
    }
    if (event.type === 'member') {
      const userId = event.member.user.id;
      this.#admissions.noteMember(userId, event.rev, event.left);
      if (event.left) {
        this.#output.flush();
        for (const reader of this.#readers)
          if (reader.userId === userId) this.#end(reader, new AppError('ROOM_NOT_FOUND', 'You are no longer in this room.'));
      }
    }
    const out = durableOut(event);
    this.#ring.push(out);
    this.#output.pushDurable(out);
    if (event.type !== 'message') return;
    this.#replies.apply(event.message);
    this.#queue.note(event.message);
  }

  #jumped({ rev, seq }: RoomHead): void {
    this.#output.flush();
    this.#output.startAt(rev);
    this.#seq = seq;
    this.#admissions.noteJump(rev);
    this.#ring.reset(rev);
    this.#broadcast({ type: 'resync', rev });
    void this.#readmitAll();
  }

  /** Asks the database who is still a member and which replies are in progress, because a jump skips the changes that would say so. */
  async #readmitAll(): Promise<void> {
    for (const reader of [...this.#readers]) {
      try {
        const { member, active, head } = await this.#deps.source.admitReader(this.roomId, reader.userId, reader.sessionId);
        if (this.#closed) return;
        if (!member && this.#readers.has(reader)) this.#end(reader, new AppError('ROOM_NOT_FOUND', 'You are no longer in this room.'));
        if (head.rev === this.rev) this.#replies.replaceActive(active);
        this.#queue.replace(active.map(({ messageId }) => messageId));
      } catch (error) {
        this.#deps.onError(error, { roomId: this.roomId, operation: 'readmit' });
        if (this.#readers.has(reader)) this.#end(reader, unreadable());
      }
    }
  }

  #deliver(batch: EventBatch, readers: Iterable<RoomReader> = this.#readers): void {
    try {
      this.#check(batch.events);
    } catch (cause) {
      for (const reader of readers) this.#end(reader, new AppError('INTERNAL', undefined, { cause }));
      return;
    }
    const given = this.#give(batch, readers);
    if (batch.durable === 0 || this.#arrivals.length === 0) return;
    for (const done of this.#arrivals) done(given);
    this.#arrivals = [];
  }

  /** @returns how many readers were given something of it */
  #give(batch: EventBatch, readers: Iterable<RoomReader>): number {
    const { durable, events } = batch;
    let [given, all, taken] = [0, 0, 0];
    for (const reader of readers) {
      const count = reader.deliver(batch);
      if (count === 0) continue;
      taken++;
      given += count;
      all += events.length;
    }
    this.#deps.watch?.delivered(durable * taken, given - durable * taken, all - given);
    return taken;
  }

  /** Gives an event to the readers of one person, and to nobody else. */
  #deliverTo(userId: string, event: EphemeralEvent): void {
    const batch = new EventBatch([this.#deps.ids.out(this.#output.flushedRev, event)]);
    this.#deliver(
      batch,
      [...this.#readers].filter((reader) => reader.userId === userId),
    );
  }

  #check(events: readonly OutEvent[]): void {
    const { checkEvent } = this.#deps;
    if (checkEvent) for (const { event } of events) checkEvent(event);
  }

  #broadcast(event: EphemeralEvent): void {
    if (this.#readers.size > 0) this.#output.pushEphemeral(event);
  }

  #end(reader: RoomReader, error: AppError | null): void {
    this.#readers.delete(reader);
    reader.end(error);
  }
}
