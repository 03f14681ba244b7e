import { createHash } from 'node:crypto';
import {
  cutText,
  displayNameSchema,
  emojiSchema,
  isModelName,
  lineSchema,
  maxDisplayNameLength,
  maxMentionsPerMessage,
  maxReactionsPerMessage,
  maxReactorsPerMessage,
  maxReplyBytes,
  usernameSchema,
  utf8Bytes,
  type Avatar,
} from '@parley/contracts';
import { v5 as uuidv5, v7 as uuidv7 } from 'uuid';
import type { ImportedRow } from '../export/imported-message.js';
import { hueOf } from '../protocol/hue-of.js';
import { nobodysAvatar } from '../protocol/nobodys-avatar.js';
import type { FoundPerson } from './find-people.js';
import type { SourceMessage, SourcePerson } from './source-rooms.js';

/** Whose namespace the ids of rooms and strangers are made in: random, and never changed. */
const namespace = '3b0a3b54-9f0e-4d0c-8f57-0e5f5f8ac2f1';

/** The longest system line, in UTF-16 units. */
const maxLineLength = 1_000;

/** The id of a room of another server: the same in every run. @param source names that server */
export function sourceRoomId(source: string, key: string): string {
  return uuidv5(`${source}\nroom\n${key}`, namespace);
}

/** The id of a message of another server: the same in every run. It carries the message's time, because a search orders by id. */
export function sourceMessageId(roomId: string, key: string, at: number): string {
  const hash = createHash('sha256').update(`${roomId}\n${key}`).digest();
  return uuidv7({ msecs: at, seq: hash.readUInt32BE(16), random: hash.subarray(0, 16) });
}

/** The id for somebody who has no account here: the same for all that they did, and no account's. */
function strangerId(source: string, key: string): string {
  return uuidv5(`${source}\nperson\n${key}`, namespace);
}

export interface SourcePeople {
  /** Names the other server. */
  source: string;
  /** By their keys. */
  all: ReadonlyMap<string, SourcePerson>;
  /** Those who have an account here, by their keys. */
  here: ReadonlyMap<string, FoundPerson>;
}

/** What a message lost when it became a row, as a word for the report. */
export type Lost = 'text cut' | 'emoji unknown' | 'reactions over the limit' | 'mentions over the limit' | 'quoted message missing';

export interface RowContext {
  roomId: string;
  people: SourcePeople;
  /** Who counts as having asked for answers: an account here. */
  askerId: string;
  /** When the import began: nothing is later. */
  now: number;
  /** The id of an earlier message of the room; null for one that is not there. */
  idOf(key: string): string | null;
  lost(what: Lost, detail: string): void;
}

/**
 * Turns a message of another server into a row of this one. Words of people who have an account here are theirs. All others keep the names
 * that they had there, are marked as imported, and belong to no account or character here.
 */
export function sourceRow(message: SourceMessage, seq: number, context: RowContext): ImportedRow {
  const { roomId, people, askerId, now, lost } = context;
  const at = (instant: number): string => new Date(Math.min(Math.max(instant, 0), now)).toISOString();
  const createdAt = at(message.at);
  const id = sourceMessageId(roomId, message.key, Date.parse(createdAt));
  const deleted = message.deletedAt !== null;
  const author = authorOf(message, people);
  const isReply = message.kind === 'reply';
  const replyTo = message.replyTo === null ? null : context.idOf(message.replyTo);
  if (message.replyTo !== null && replyTo === null) lost('quoted message missing', message.replyTo);
  return {
    id,
    seq,
    kind: message.kind,
    author_type: author.id === null ? 'system' : 'user',
    author_id: author.id,
    author_name: author.name,
    author_handle: author.handle,
    author_avatar: author.avatar,
    imported: author.id === null,
    content: deleted ? '' : contentOf(message, lost),
    status: isReply ? 'complete' : null,
    attempt: 0,
    reply_to: replyTo,
    mentions: deleted ? [] : mentionsOf(message, people, lost),
    reactions: deleted ? [] : reactionsOf(message, people, lost),
    created_at: createdAt,
    edited_at: message.editedAt === null ? null : at(message.editedAt),
    deleted_at: message.deletedAt === null ? null : at(message.deletedAt),
    pinned_at: deleted || message.pinnedAt === null ? null : at(message.pinnedAt),
    hidden_from_ai: false,
    reply: isReply
      ? {
          askedBy: askerId,
          trigger: { kind: 'mention', messageId: replyTo ?? id },
          model: message.model !== null && isModelName(message.model) ? message.model : null,
          startedAt: createdAt,
          finishedAt: createdAt,
          stoppedBy: null,
          usage: null,
        }
      : null,
    error: null,
  };
}

interface Author {
  id: string | null;
  name: string;
  handle: string;
  avatar: Avatar;
}

function authorOf({ kind, author }: SourceMessage, { all, here }: SourcePeople): Author {
  if (kind === 'system' || author === null) return { id: null, name: '', handle: '', avatar: nobodysAvatar };
  if ('name' in author) return stranger(author.name, '', author.bot);
  const person = all.get(author.person);
  const account = kind === 'text' ? here.get(author.person) : undefined;
  if (account) return { id: account.id, name: account.name, handle: account.username, avatar: account.avatar };
  return stranger(person?.name ?? '', person?.handle ?? '', person?.bot ?? false);
}

function stranger(name: string, handle: string, bot: boolean): Author {
  const known = usernameSchema.safeParse(handle).data ?? '';
  const shown = shownName(name, known || 'Somebody');
  return { id: null, name: shown, handle: known, avatar: { hue: hueOf(known || shown), glyph: bot ? 'bot' : null } };
}

/** A name as this server would take it from a person. */
function shownName(name: string, otherwise: string): string {
  const clean = cutText(oneLine(name), maxDisplayNameLength).trim();
  return displayNameSchema.safeParse(clean).data ?? displayNameSchema.safeParse(otherwise).data ?? 'Somebody';
}

/** A text on one line, without what no line may have. */
export function oneLine(text: string): string {
  return storable(text)
    .replaceAll(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu, ' ')
    .normalize('NFC')
    .trim();
}

/** A text that PostgreSQL can store and UTF-8 express. */
function storable(text: string): string {
  return text.replaceAll('\0', '').toWellFormed();
}

function contentOf({ kind, content }: SourceMessage, lost: RowContext['lost']): string {
  if (kind === 'system') {
    const line = cutText(oneLine(content), maxLineLength).trim();
    return lineSchema.safeParse(line).success ? line : 'Something happened here.';
  }
  const text = storable(content);
  if (text.length * 3 <= maxReplyBytes || utf8Bytes(text) <= maxReplyBytes) return text;
  lost('text cut', `of ${utf8Bytes(text)} bytes, ${maxReplyBytes} are the most`);
  // A unit of UTF-16 has three bytes at most: a third of the room is always enough.
  return cutText(text, Math.floor(maxReplyBytes / 3));
}

function mentionsOf({ mentions }: SourceMessage, { here }: SourcePeople, lost: RowContext['lost']): string[] {
  const ids = [...new Set(mentions.flatMap((key) => here.get(key)?.id ?? []))];
  if (ids.length > maxMentionsPerMessage) lost('mentions over the limit', String(ids.length));
  return ids.slice(0, maxMentionsPerMessage);
}

function reactionsOf({ reactions }: SourceMessage, { source, here }: SourcePeople, lost: RowContext['lost']): ImportedRow['reactions'] {
  const byEmoji = new Map<string, Set<string>>();
  let left = maxReactorsPerMessage;
  for (const { emoji, people } of reactions) {
    const known = emojiSchema.safeParse(emoji);
    if (!known.success) {
      lost('emoji unknown', `${oneLine(cutText(emoji, 100))} by ${people.length}`);
      continue;
    }
    const ids = byEmoji.get(known.data) ?? new Set();
    if (!byEmoji.has(known.data) && byEmoji.size >= maxReactionsPerMessage) {
      lost('reactions over the limit', known.data);
      continue;
    }
    byEmoji.set(known.data, ids);
    for (const key of people) {
      const id = here.get(key)?.id ?? strangerId(source, key);
      if (ids.has(id)) continue;
      if (left === 0) {
        lost('reactions over the limit', known.data);
        break;
      }
      left--;
      ids.add(id);
    }
  }
  return [...byEmoji].flatMap(([emoji, ids]) => (ids.size > 0 ? [{ emoji, userIds: [...ids], count: ids.size }] : []));
}
