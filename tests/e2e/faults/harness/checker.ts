import { isDurable, isInProgress } from '@parley/contracts';
import {
  resumedFrom,
  textOfAttempt,
  type History,
  type ReaderRecord,
  type RoomPicture,
  type RoomTruth,
  type SendRecord,
} from './history.js';

export interface CheckOptions {
  /** Some users were not recorded: stored messages of others are no violation. @default false */
  othersWrite?: boolean;
}

/** Looks in a history for broken promises of Parley. @returns the violations, in words */
export function checkHistory(history: History, truths: readonly RoomTruth[], options: CheckOptions = {}): string[] {
  return truths.flatMap((truth) => {
    const sends = history.sends.filter(({ roomId }) => roomId === truth.roomId);
    const readers = history.readers.filter(({ roomId }) => roomId === truth.roomId);
    return [
      ...acknowledged(sends, truth),
      ...once(sends, truth, options),
      ...numbered(truth),
      ...sameOrder(readers, truth),
      ...increasing(readers, truth),
      ...samePayload(readers),
      ...sameEnd(readers, truth),
      ...replies(readers, truth),
      ...history.others.filter(({ roomId }) => roomId === truth.roomId).flatMap((record) => [...record.violations(truth)]),
    ].map((violation) => `room ${truth.roomId}: ${violation}`);
  });
}

/** No acknowledged message is lost, and each is what was sent. */
function* acknowledged(sends: readonly SendRecord[], { messages }: RoomTruth): Generator<string> {
  const byId = new Map(messages.map((message) => [message.id, message]));
  for (const { acknowledged: answer, clientId, userId, content } of sends) {
    if (!answer) continue;
    const stored = byId.get(answer.messageId);
    if (!stored) yield `acknowledged message ${answer.messageId} (“${content}”) is lost`;
    else if (stored.seq !== answer.seq) yield `acknowledged message ${stored.id} has seq ${stored.seq}, and was told ${answer.seq}`;
    else if (stored.clientId !== clientId || stored.authorId !== userId) yield `acknowledged message ${stored.id} is someone else’s`;
    else if (!stored.editedAt && !stored.deletedAt && stored.content !== content)
      yield `acknowledged message ${stored.id} has another content`;
  }
}

/** No message is there twice, and none that nobody sent. */
function* once(sends: readonly SendRecord[], { messages }: RoomTruth, { othersWrite = false }: CheckOptions): Generator<string> {
  const known = new Map(sends.map((send) => [`${send.userId}/${send.clientId}`, send]));
  const stored = new Set<string>();
  for (const { id, kind, authorId, clientId, content, editedAt, deletedAt } of messages) {
    if (kind !== 'text') continue;
    const key = `${authorId}/${clientId}`;
    if (stored.has(key)) yield `the send ${clientId} is stored twice`;
    stored.add(key);
    const send = known.get(key);
    if (!send && !othersWrite) yield `message ${id} (“${content}”) was sent by nobody`;
    if (send && !editedAt && !deletedAt && send.content !== content) yield `message ${id} has another content than was sent`;
    // An earlier try may have been stored, and the right to write taken away before the next.
    if (send?.refused && send.tries === 1) yield `message ${id} is stored, and its sender was told ${send.refused}`;
  }
}

/** seq and rev are gap-free and distinct, as the counters say. */
function* numbered({ messages, revs, lastSeq, lastRev }: RoomTruth): Generator<string> {
  const seqs = messages.map(({ seq }) => seq).sort((a, b) => a - b);
  for (let i = 0; i < seqs.length; i++) {
    if (seqs[i] === i + 1) continue;
    yield `the messages’ seq are not gap-free: ${seqs[i]} where ${i + 1} should be`;
    break;
  }
  if (lastSeq !== seqs.length) yield `the last seq is counted as ${lastSeq}, and there are ${seqs.length} messages`;
  if (new Set(revs).size !== revs.length) yield 'two rows have the same rev';
  if (Math.max(0, ...revs) !== lastRev) yield `the last rev is counted as ${lastRev}, and the rows’ is ${Math.max(0, ...revs)}`;
}

/** Every reader has every message under the same seq as everyone. */
function* sameOrder(readers: readonly ReaderRecord[], { messages }: RoomTruth): Generator<string> {
  const seqs = new Map(messages.map(({ id, seq }) => [id, seq]));
  for (const { reader, seen, final } of readers) {
    for (const { event } of seen) {
      if (event.type !== 'message') continue;
      const { id, seq } = event.message;
      if (!seqs.has(id)) yield `${reader} saw message ${id}, which is not stored`;
      else if (seqs.get(id) !== seq) yield `${reader} saw message ${id} at seq ${seq}, and it is at ${seqs.get(id)}`;
    }
    for (let i = 1; i < (final?.messages.length ?? 0); i++) {
      if (final!.messages[i - 1]!.seq >= final!.messages[i]!.seq)
        yield `${reader} has its messages out of order at seq ${final!.messages[i]!.seq}`;
    }
  }
}

/** On one connection revs only grow, from after where it resumed. */
function* increasing(readers: readonly ReaderRecord[], { lastRev }: RoomTruth): Generator<string> {
  for (const { reader, seen } of readers) {
    let segment = -1;
    let position = 0;
    for (const item of seen) {
      if (item.segment !== segment) {
        segment = item.segment;
        if (item.event.type !== 'hello') yield `${reader} got ${item.event.type} before hello`;
        position = resumedFrom(item);
      }
      if (item.event.type === 'resync') position = item.event.rev;
      if (!isDurable(item.event)) continue;
      const { rev } = item.event;
      if (item.eventId !== String(rev)) yield `${reader} saw rev ${rev} under the id ${item.eventId}`;
      if (rev <= position) yield `${reader} saw rev ${rev} after ${position} on one connection`;
      if (rev > lastRev) yield `${reader} saw rev ${rev}, beyond the last`;
      position = rev;
    }
  }
}

/** The same rev is the same payload, whoever reads it, wherever it came from. */
function* samePayload(readers: readonly ReaderRecord[]): Generator<string> {
  const payloads = new Map<number, { reader: string; json: string }>();
  for (const { reader, seen } of readers) {
    for (const { event } of seen) {
      if (!isDurable(event)) continue;
      const json = canonical(event);
      const known = payloads.get(event.rev);
      if (!known) payloads.set(event.rev, { reader, json });
      else if (known.json !== json) yield `rev ${event.rev} is ${json} to ${reader} and ${known.json} to ${known.reader}`;
    }
  }
}

/** Whoever read to the end has what a fresh fetch gives. */
function* sameEnd(readers: readonly ReaderRecord[], { fresh }: RoomTruth): Generator<string> {
  for (const { reader, final } of readers) {
    const difference = final && pictureDifference(final, fresh);
    if (difference) yield `${reader} ended with another room than a fresh fetch: ${difference}`;
  }
}

/**
 * Each attempt at a reply has one end, the same for all, and what was read of it on the way is how it begins. What it said is kept: shown, or
 * as a version, whatever was written or chosen since.
 */
function* replies(readers: readonly ReaderRecord[], { messages, openJobs }: RoomTruth): Generator<string> {
  for (const { id, kind, status } of messages)
    if (kind === 'reply' && isInProgress(status)) yield `reply ${id} never ended: it is ${status}`;
  for (const id of openJobs) yield `the job of reply ${id} is not done`;
  const stored = new Map(messages.map((message) => [message.id, message]));
  const ends = new Map<string, { reader: string; end: string }>();
  for (const { reader, seen, texts } of readers) {
    for (const { event } of seen) {
      if (event.type !== 'message' || event.message.kind !== 'reply' || isInProgress(event.message.status) || event.message.deletedAt)
        continue;
      const { id, attempt, status, content, editedAt, reply } = event.message;
      if (editedAt) continue;
      const shown = reply?.chosen ?? attempt;
      // One without a text may be that of an attempt which nobody began (see `textOfAttempt`): failed at once while the AI was paused, then
      // asked again, and stopped before a worker took it. What is left in the end is compared for all readers by `sameEnd`.
      const key = `${id}/${shown}/${content === '' ? `empty, ${status}` : 'text'}`;
      const end = canonical({ status, content });
      const known = ends.get(key);
      if (known && known.end !== end) yield `reply ${id} ended as ${end} to ${reader} and as ${known.end} to ${known.reader}`;
      if (known) continue;
      ends.set(key, { reader, end });
      const message = stored.get(id);
      if (content === '' || !message || message.deletedAt || message.editedAt) continue;
      const kept = textOfAttempt(message, shown);
      if (kept === null) yield `the text of attempt ${shown} of reply ${id} is lost: “${content}”`;
      else if (canonical(kept) !== end)
        yield `attempt ${shown} of reply ${id} ended as ${end} to ${reader}, and is kept as ${canonical(kept)}`;
    }
    for (const { messageId, attempt, text } of texts) {
      const message = stored.get(messageId);
      if (!message || message.deletedAt || message.editedAt) continue;
      const kept = textOfAttempt(message, attempt);
      if (kept?.status === 'complete' && !kept.content.startsWith(text))
        yield `${reader} read “${text}” of reply ${messageId}, which is “${kept.content}”`;
    }
  }
}

/** Where two pictures differ, or null. */
export function pictureDifference(one: RoomPicture, other: RoomPicture): string | null {
  const parts = (picture: RoomPicture) => [
    ['room', [picture.room]] as const,
    ['members', picture.members.toSorted((a, b) => (a.user.id < b.user.id ? -1 : 1))] as const,
    ['characters', picture.characters.toSorted((a, b) => (a.character.id < b.character.id ? -1 : 1))] as const,
    ['messages', picture.messages] as const,
  ];
  const others = parts(other);
  for (const [index, [name, rows]] of parts(one).entries()) {
    const otherRows = others[index]![1];
    if (rows.length !== otherRows.length) return `${rows.length} ${name} for ${otherRows.length}`;
    for (let i = 0; i < rows.length; i++) {
      if (canonical(rows[i]) !== canonical(otherRows[i])) return `${name}: ${canonical(rows[i])} for ${canonical(otherRows[i])}`;
    }
  }
  return null;
}

/** JSON with sorted keys: equal texts mean equal values. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    part !== null && typeof part === 'object' && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}
