import {
  countsAsUnread,
  maxUnread,
  type DurableEvent,
  type MemberView,
  type MessageView,
  type Mine,
  type RoomCharacterView,
  type RoomView,
} from '@parley/contracts';
import type { MessagePage, RoomDetail } from '../calls.js';
import { mergeMessages } from '../messages/merge-messages.js';

/**
 * What is known of a room's rows: pure data, changed only by the functions below, each of which returns its argument
 * itself when nothing changed.
 *
 * The server replays state, not a log: an event is the whole row as it is at `rev`. So an event counts only if the known row is older, and
 * duplicates and replays change nothing, in whatever order they come.
 */
export interface RoomData {
  /** All changes up to this rev are included. */
  rev: number;
  /** Room, members and characters were read at this rev. Someone who left before it has no row here. */
  rowsRev: number;
  room: RoomView;
  mine: Mine;
  /** The first ones, those that were asked for, and those who changed since. */
  members: MemberView[];
  /** Where the page of members begins that is not here yet; null if all are here. */
  nextMembers: string | null;
  /** The last rev by which somebody left: a page of members read before it may name somebody who is there no more. */
  leftRev: number;
  characters: RoomCharacterView[];
  /** Ascending by seq, without gaps; complete from the first one on unless `hasNewer`. */
  messages: MessageView[];
  hasOlder: boolean;
  /** True while a place in the history is shown: messages after the last one here are not loaded. */
  hasNewer: boolean;
}

/** A room freshly read: `rooms.get` and the latest page of `messages.list`, in whatever order the two were answered. */
export function openRoomData(detail: RoomDetail, page: MessagePage, me: string | null): RoomData {
  const { room, mine, members, nextMembers, characters } = detail;
  const data: RoomData = {
    rev: Math.min(detail.rev, page.rev),
    rowsRev: detail.rev,
    room,
    mine,
    members,
    // A server of an earlier version gives all at once.
    nextMembers: (nextMembers as string | null | undefined) ?? null,
    leftRev: 0,
    characters,
    messages: page.items,
    hasOlder: page.hasBefore,
    hasNewer: false,
  };
  return { ...data, mine: countedMine(data, page.items, page.items, me) };
}

/**
 * Applies one change. A change of a message older than the first loaded one is ignored: the page that holds it will have it.
 * @param me user id of the reader, whose role and counters follow
 * @param maxMessages above this number the oldest messages are dropped; they can be loaded again
 */
export function applyEvent(data: RoomData, event: DurableEvent, me: string | null, maxMessages: number): RoomData {
  if (event.rev <= data.rev) return data;
  return { ...applyRow(data, event, me, maxMessages), rev: event.rev };
}

function applyRow(data: RoomData, event: DurableEvent, me: string | null, maxMessages: number): RoomData {
  switch (event.type) {
    case 'message':
      return trim(addMessages(data, [event.message], me), maxMessages);
    case 'room':
      return event.rev <= data.rowsRev ? data : { ...data, room: event.room };
    case 'member': {
      if (event.rev <= data.rowsRev) return data;
      const { member, left } = event;
      const members = replaceRow(data.members, member, left, (row) => row.user.id);
      const mine = member.user.id === me && !left ? asMember(data.mine, member) : data.mine;
      return { ...data, members, mine, leftRev: left ? event.rev : data.leftRev };
    }
    case 'character':
      if (event.rev <= data.rowsRev) return data;
      return { ...data, characters: replaceRow(data.characters, event.character, event.left, (row) => row.character.id) };
  }
}

/** What the reader's own row says of them: their role, and until when they are silenced. */
function asMember({ silencedUntil: _before, ...mine }: Mine, { role, silencedUntil }: MemberView): Mine {
  return { ...mine, role, ...(silencedUntil && { silencedUntil }) };
}

/**
 * Adds messages that were not received as events: the answer to a send or a stop. They are ahead of the feed, which will bring them
 * again. Messages outside the loaded range are ignored, as with events.
 */
export function addMessages(data: RoomData, incoming: readonly MessageView[], me: string | null): RoomData {
  const inside = incoming.filter(({ seq }) => isLoaded(data, seq));
  const messages = mergeMessages(
    data.messages,
    inside.toSorted((a, b) => a.seq - b.seq),
  );
  const mine = countedMine(data, incoming, messages, me);
  return messages === data.messages && mine === data.mine ? data : { ...data, messages, mine };
}

/**
 * Adds a page of older messages.
 * @param before the seq that the page was asked for with; if the first loaded message has another seq by now, the page no longer fits
 * and is dropped
 */
export function addOlder(data: RoomData, before: number, page: MessagePage): RoomData {
  if (data.messages[0]?.seq !== before) return data;
  return { ...data, messages: mergeMessages(data.messages, page.items), hasOlder: page.hasBefore };
}

/**
 * Adds a page of newer messages, where a place in the history is shown. @param after the seq asked for with, checked like `before` above
 */
export function addNewer(data: RoomData, after: number, page: MessagePage): RoomData {
  if (data.messages.at(-1)?.seq !== after) return data;
  const messages = mergeMessages(data.messages, page.items);
  return { ...data, messages, hasNewer: isBehind(data, messages, page) };
}

/** Shows a page around some message: it replaces the loaded messages, or is joined to them where the two touch. */
export function showPage(data: RoomData, page: MessagePage): RoomData {
  const first = data.messages[0];
  const last = page.items.at(-1);
  if (first && last && !data.hasNewer && last.seq >= first.seq - 1) {
    const hasOlder = page.items[0]!.seq < first.seq ? page.hasBefore : data.hasOlder;
    return { ...data, messages: mergeMessages(data.messages, page.items), hasOlder };
  }
  return { ...data, messages: page.items, hasOlder: page.hasBefore, hasNewer: isBehind(data, page.items, page) };
}

/** Whether a message with this seq is, or would be, among those loaded. */
export function isLoaded({ messages, hasOlder, hasNewer }: RoomData, seq: number): boolean {
  const first = messages[0];
  const last = messages.at(-1);
  return !(hasOlder && first && seq < first.seq) && !(hasNewer && last && seq > last.seq);
}

/** True if the page does not reach the room's end: the room's counters know of messages that the page does not have. */
function isBehind({ mine }: RoomData, messages: readonly MessageView[], page: MessagePage): boolean {
  return page.hasAfter || (messages.at(-1)?.seq ?? 0) < mine.lastSeq;
}

/** Notes that everything up to `seq` was read. */
export function readUpTo(data: RoomData, seq: number, me: string | null): RoomData {
  const lastReadSeq = Math.min(Math.max(data.mine.lastReadSeq, seq), data.mine.lastSeq);
  if (lastReadSeq === data.mine.lastReadSeq) return data;
  const mine = { ...data.mine, lastReadSeq };
  return { ...data, mine: { ...mine, unread: unreadOf({ ...data, mine }, data.messages, me) } };
}

/**
 * The reader's counters, once these messages are known. A message by the reader moves their read position to it. A deletion makes fewer
 * unread.
 */
function countedMine(data: RoomData, incoming: readonly MessageView[], messages: readonly MessageView[], me: string | null): Mine {
  let { lastSeq, lastReadSeq } = data.mine;
  let added = 0;
  for (const message of incoming) {
    const { seq, author } = message;
    if (seq <= lastSeq) continue;
    lastSeq = seq;
    if (me !== null && author.type === 'user' && author.id === me) {
      lastReadSeq = seq;
      added = 0;
    } else if (countsAsUnread(message, me)) added++;
  }
  const before = data.mine;
  const kept = lastReadSeq === before.lastReadSeq ? before.unread : 0;
  const unread = unreadOf({ ...data, mine: { ...before, lastSeq, lastReadSeq, unread: kept + added } }, messages, me);
  const same = lastSeq === before.lastSeq && lastReadSeq === before.lastReadSeq && unread === before.unread;
  return same ? before : { ...before, lastSeq, lastReadSeq, unread };
}

/** What is unread, of the messages here if they reach back to what was read; else what the server said, as far as that can still be. */
function unreadOf({ mine, hasOlder, hasNewer }: Omit<RoomData, 'messages'>, messages: readonly MessageView[], me: string | null): number {
  const { lastSeq, lastReadSeq } = mine;
  const first = messages[0];
  const whole = !hasNewer && messages.at(-1)?.seq === lastSeq && (!hasOlder || (first !== undefined && first.seq <= lastReadSeq + 1));
  if (!whole) return Math.min(mine.unread, maxUnread, lastSeq - lastReadSeq);
  let unread = 0;
  for (let index = messages.length - 1; index >= 0 && messages[index]!.seq > lastReadSeq && unread < maxUnread; index--) {
    if (countsAsUnread(messages[index]!, me)) unread++;
  }
  return unread;
}

function replaceRow<Row extends { rev: number }>(rows: Row[], row: Row, left: boolean, idOf: (row: Row) => string): Row[] {
  const index = rows.findIndex((each) => idOf(each) === idOf(row));
  if (index >= 0 && rows[index]!.rev > row.rev) return rows;
  if (left) return index < 0 ? rows : rows.toSpliced(index, 1);
  return index < 0 ? [...rows, row] : rows.with(index, row);
}

function trim(data: RoomData, maxMessages: number): RoomData {
  // Drop a tenth at a time, so that a full room does not copy its list for each message.
  if (data.messages.length <= maxMessages * 1.1) return data;
  return { ...data, messages: data.messages.slice(-maxMessages), hasOlder: true };
}
