import {
  AppError,
  isDurable,
  type DurableEvent,
  type EphemeralEvent,
  type RoomEvent,
  type RoomDeltasPayload,
  type RoomEventsPayload,
  type RoomSignalPayload,
} from '@parley/contracts';
import type { RoomHead } from '@parley/core';
import { EventBatch } from './event-batch.js';
import { EventRing } from './event-ring.js';
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
  /** Throws for an event that is not as declared; its readers' subscriptions then end. Null or absent: none is checked. */
  checkEvent?: ((event: RoomEvent) => void) | null;
  onError(error: unknown, context: { roomId: string; operation: string }): void;
}

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
    this.#typing = new TypingUsers(options.typingMs, (userIds) => this.#broadcast({ type: 'typing', userIds }));
  }

  get readerCount(): number {
    return this.#readers.size;
  }

  /** The position: every reader attached has been given all durable events up to it. */
  get rev(): number {
    return this.#log.rev ?? 0;
  }

  /**
   * Subscribes, and once the broker has it reads the head: in that order, so that nothing falls between. A bus that is away
   * does not keep the room shut: then events come by the comparison of heads, late instead of at once.
   */
  async open(first: { userId: string; sessionId: string }): Promise<void> {
    await this.#subscribe();
    const { head, active } = await this.#admissions.readFirst(first);
    this.#ring.reset(head.rev);
    this.#output.startAt(head.rev);
    this.#seq = head.seq;
    // Before what changed after the head is applied: a reply may have ended.
    const texts = this.#replies.open(active);
    this.#log.start(head);
    await texts;
  }

  /**
   * Lets a reader in: reads head and membership in one statement, waits until the hub has come to that head, checks that
   * membership still holds, then builds `hello`, delivers what the reader missed (or a resync) and attaches, all in one turn, so
   * that nothing is missed, nothing comes twice and nothing live comes before the replay.
   *
   * @returns `hello`, which the reader is to be sent before what was delivered to it
   * @throws AppError ROOM_NOT_FOUND for who is not a member
   */
  async admit(reader: RoomReader, position: Position): Promise<EphemeralOut> {
    const admission = await this.#admissions.read(reader);
    if (!admission.member) throw new AppError('ROOM_NOT_FOUND');
    if (!(await this.#log.reach(admission.head.rev))) throw unreadable();

    const read = await this.#missed.read(position);
    // From here to the end nothing is awaited, so what the hub takes in meanwhile cannot fall between replay and attachment.
    const recent = read && this.#ring.after(read.upTo);
    if ((read && !recent) || this.#admissions.isTooOld(admission)) return this.admit(reader, position);
    if (this.#closed) throw new AppError('UNAVAILABLE', 'The room was closed on this instance. Try again.');
    if (this.#admissions.hasLeftSince(admission, reader.userId)) throw new AppError('ROOM_NOT_FOUND');

    // What is queued belongs to those who were here; the newcomer has it in its replay.
    this.#output.flush();
    const rev = this.rev;
    if (admission.head.rev === rev) this.#replies.replaceActive(admission.active);
    const seq = Math.max(admission.head.seq, this.#seq);
    const hello = this.#deps.ids.out(position ?? rev, { type: 'hello', rev, seq, replies: this.#replies.snapshots() });
    const replay: OutEvent[] = read && recent ? [...read.events, ...recent] : [this.#deps.ids.out(rev, { type: 'resync', rev })];
    if (this.#presence) replay.push(this.#deps.ids.out(rev, this.#presence));
    this.#deps.checkEvent?.(hello.event);
    this.#check(replay);
    reader.deliver(new EventBatch(replay));
    this.#readers.add(reader);
    return hello;
  }

  detach(reader: RoomReader): void {
    this.#readers.delete(reader);
  }

  /** For `onWritable` of a reader that lost deltas: gives it the texts so far if it can take them. */
  recover(reader: RoomReader): void {
    if (!this.#readers.has(reader) || !reader.takeRecovered()) return;
    const events: EphemeralEvent[] = this.#replies
      .snapshots()
      .filter(({ text }) => text !== '')
      .map((snapshot) => ({ type: 'snapshot', ...snapshot }));
    if (this.#presence) events.push(this.#presence);
    events.push({ type: 'typing', userIds: this.#typing.userIds });
    // What is applied but still queued has not been sent: the position is that of the last flush.
    reader.deliver(new EventBatch(events.map((event) => this.#deps.ids.out(this.#output.flushedRev, event))));
  }

  /**
   * The database's head, as the sweep saw it: catches up if the bus lost something, and subscribes if the bus refused before.
   *
   * @param before the hub's rev when the sweep began to read
   */
  async noteHead(head: RoomHead, before: number): Promise<void> {
    void this.#subscribe();
    if (head.rev < before) this.#log.goBack(head);
    else await this.#log.reach(head.rev);
  }

  /** Who is online, as the registry of presence says; readers are told if it changed. */
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
      });
      if (this.#closed) this.#subscription.unsubscribe();
    } catch (error) {
      this.#deps.onError(error, { roomId: this.roomId, operation: 'subscribe' });
    } finally {
      this.#subscribing = false;
    }
  }

  #receiveEvents({ events }: RoomEventsPayload): void {
    for (const event of events) this.#log.receive(event.rev, 'type' in event && isDurable(event) ? event : null);
  }

  #receiveDeltas({ deltas }: RoomDeltasPayload): void {
    for (const delta of deltas) this.#replies.receive(delta);
  }

  #receiveSignal(signal: RoomSignalPayload): void {
    if (signal.type === 'typing') this.#typing.set(signal.userId, signal.typing);
  }

  #apply(event: DurableEvent): void {
    if (event.type === 'message') {
      this.#seq = Math.max(this.#seq, event.message.seq);
      // Text that came before the end goes out before it.
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
    if (event.type === 'message') this.#replies.apply(event.message);
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

  /** After a jump nobody knows who left among the changes that were skipped, or which replies ended: the database is asked. */
  async #readmitAll(): Promise<void> {
    for (const reader of [...this.#readers]) {
      try {
        const { member, active, head } = await this.#deps.source.admitReader(this.roomId, reader.userId, reader.sessionId);
        if (this.#closed) return;
        if (!member && this.#readers.has(reader)) this.#end(reader, new AppError('ROOM_NOT_FOUND', 'You are no longer in this room.'));
        if (head.rev === this.rev) this.#replies.replaceActive(active);
      } catch (error) {
        this.#deps.onError(error, { roomId: this.roomId, operation: 'readmit' });
        if (this.#readers.has(reader)) this.#end(reader, unreadable());
      }
    }
  }

  #deliver(batch: EventBatch): void {
    try {
      this.#check(batch.events);
    } catch (cause) {
      for (const reader of this.#readers) this.#end(reader, new AppError('INTERNAL', undefined, { cause }));
    }
    for (const reader of this.#readers) reader.deliver(batch);
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
