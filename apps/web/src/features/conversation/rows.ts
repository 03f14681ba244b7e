import { countsAsUnread, type MessageView, type PrivateReply } from '@parley/contracts';
import type { PendingMessage } from '../../client/types.js';
import { dayKey } from '../../components/time/time.js';

/** What the conversation shows, top to bottom, one row each. `head` rows carry the author's name and avatar. */
export type Row =
  | { kind: 'top'; key: string }
  | { kind: 'day'; key: string; instant: string }
  | { kind: 'new'; key: string }
  /**
   * `quote`: id of the message it answers, unless that is the row right above. `beside`: the answers of others to the same question, which was
   * put to several.
   */
  | { kind: 'message'; key: string; message: MessageView; head: boolean; quote: string | null; beside?: MessageView[] }
  | { kind: 'private'; key: string; reply: PrivateReply }
  /** What lies between is not loaded. */
  | { kind: 'gap'; key: string }
  | { kind: 'pending'; key: string; pending: PendingMessage; head: boolean };

/** A message this long after the author's previous one shows the name again, in milliseconds. */
const groupGapMs = 5 * 60_000;

export interface RowsInput {
  messages: readonly MessageView[];
  pending: readonly PendingMessage[];
  /** True if the messages end before the room does. */
  hasNewer: boolean;
  privateReplies: readonly PrivateReply[];
  /** The *New* line is drawn before the first message after this seq that counts as unread; null for no line. */
  newAfterSeq: number | null;
  /** User id of the reader, whose unsent messages these are. */
  me: string;
}

export function buildRows({ messages, pending, hasNewer, privateReplies, newAfterSeq, me }: RowsInput): Row[] {
  const rows: Row[] = [{ kind: 'top', key: 'top' }];
  let day: string | null = null;
  /** The message that the next one may continue; null if another row stands between. */
  let previous: { author: string; at: number } | null = null;
  let lineDrawn = newAfterSeq === null;
  let nextPrivate = 0;
  /** Id of the message in the row above, or of the message that row answers. */
  let above: string | null = null;

  const startDay = (instant: string) => {
    const key = dayKey(instant);
    if (key === day) return;
    day = key;
    previous = null;
    rows.push({ kind: 'day', key: `day-${key}`, instant });
  };
  const placePrivate = (until: string | null) => {
    for (; nextPrivate < privateReplies.length; nextPrivate++) {
      const reply = privateReplies[nextPrivate]!;
      if (until !== null && reply.createdAt >= until) return;
      startDay(reply.createdAt);
      previous = null;
      rows.push({ kind: 'private', key: reply.id, reply });
    }
  };

  for (const message of messages) {
    placePrivate(message.createdAt);
    startDay(message.createdAt);
    if (!lineDrawn && message.seq > newAfterSeq! && countsAsUnread(message, me)) {
      lineDrawn = true;
      previous = null;
      rows.push({ kind: 'new', key: 'new' });
    }
    const last = rows.at(-1)!;
    if (last.kind === 'message' && isBeside(last.message, message)) {
      (last.beside ??= []).push(message);
      continue;
    }
    const at = Date.parse(message.createdAt);
    const { type, id, name, handle } = message.author;
    // Whom a file names has no id: they are who they are said to be.
    const author = `${type}:${id ?? `${handle} ${name}`}`;
    // A reply shows a status of its own, so it never continues another message.
    const joins: boolean =
      message.kind !== 'reply' &&
      message.replyTo === null &&
      previous !== null &&
      previous.author === author &&
      at - previous.at < groupGapMs;
    // The user's own message keeps its key when the stored message replaces the unsent one.
    const quote = message.replyTo === above && message.kind === 'reply' ? null : message.replyTo;
    rows.push({ kind: 'message', key: message.clientId ?? message.id, message, head: !joins, quote });
    above = message.kind === 'reply' ? message.replyTo : message.id;
    previous = message.kind === 'reply' ? null : { author, at };
  }
  placePrivate(null);

  if (hasNewer && pending.length > 0) {
    previous = null;
    rows.push({ kind: 'gap', key: 'gap' });
  }
  const mine = `user:${me}`;
  for (const item of pending) {
    startDay(item.createdAt);
    const at = Date.parse(item.createdAt);
    const joins = item.replyTo === null && previous !== null && previous.author === mine && at - previous.at < groupGapMs;
    rows.push({ kind: 'pending', key: item.clientId, pending: item, head: !joins });
    previous = { author: mine, at };
  }
  return rows;
}

function isBeside({ reply: one }: MessageView, { reply: other }: MessageView): boolean {
  return other?.trigger.kind === 'ask' && one?.trigger.messageId === other.trigger.messageId;
}

/** Whether a message stands in a row. */
export function hasMessage(row: Row, id: string | null): boolean {
  return row.kind === 'message' && [row.message, ...(row.beside ?? [])].some((message) => message.id === id);
}
