import { randomUUID } from 'node:crypto';
import { isInProgress, maxReactorsPerMessage, type RoomFileMessage, type RoomFileNote } from '@parley/contracts';
import { v5 as uuidv5 } from 'uuid';
import type { ImportedNote } from '../notes/imported-notes.js';
import { importedId } from '../protocol/imported-messages.js';
import { nobodysAvatar } from '../protocol/nobodys-avatar.js';

type FileMessage = RoomFileMessage['message'];

/** A row of `messages` as the inserting statement takes it. */
export interface ImportedRow {
  id: string;
  seq: number;
  kind: FileMessage['kind'];
  author_type: 'user' | 'system';
  author_id: string | null;
  author_name: string;
  author_handle: string;
  author_avatar: object;
  imported: boolean;
  content: string;
  status: FileMessage['status'];
  attempt: number;
  reply_to: string | null;
  mentions: string[];
  reactions: FileMessage['reactions'];
  created_at: string;
  edited_at: string | null;
  deleted_at: string | null;
  pinned_at: string | null;
  hidden_from_ai: boolean;
  reply: FileMessage['reply'];
  error: FileMessage['error'];
}

/**
 * Turns messages of a file into rows of this server. Anyone can write such a file, so what it says proves nothing. Only the importer's
 * own words become theirs here. All other authors keep the names they came with, are marked as imported, and belong to no account or
 * character of this server, even if the same id or handle exists here. Order, times, quotes, pins and counts of reactions are kept; ids are new.
 */
export class MessageImporter {
  readonly #importerId: string;
  readonly #now: number;
  readonly #ids = new Map<string, string>();
  /** New ids of messages that no character is told of. */
  readonly #withheld = new Set<string>();
  readonly #strangers = randomUUID();
  #seq = 0;

  constructor(importerId: string, now: number) {
    this.#importerId = importerId;
    this.#now = now;
  }

  /** How many messages were turned so far; the next one takes the seq after this number. */
  get count(): number {
    return this.#seq;
  }

  /** The new id of a message of the file; null for one that the file has not. */
  idOf(fileId: string): string | null {
    return this.#ids.get(fileId) ?? null;
  }

  /** A note of the file as a row of this server, by the rules for messages. @param rev of the room by then */
  note({ number, text, author, source, toldToAi, createdAt, updatedAt }: RoomFileNote, rev: number): ImportedNote {
    const own = author.id === this.#importerId;
    const sourceId = source && this.idOf(source.messageId);
    return {
      id: randomUUID(),
      number,
      text,
      author_id: own ? this.#importerId : null,
      author_name: own ? null : author.name,
      author_handle: own ? null : author.handle,
      source_id: sourceId,
      // Of a message that is there this changes nothing.
      kept: sourceId !== null && toldToAi && this.#withheld.has(sourceId),
      rev,
      created_at: this.#past(createdAt),
      updated_at: this.#past(updatedAt),
    };
  }

  row(message: FileMessage): ImportedRow {
    const seq = ++this.#seq;
    const createdAt = this.#past(message.createdAt);
    const id = importedId(createdAt, seq);
    this.#ids.set(message.id, id);
    const deleted = message.deletedAt !== null;
    if (deleted || message.hiddenFromAi) this.#withheld.add(id);
    const author = message.kind === 'system' ? { type: 'system', id: null, name: '', handle: '', avatar: nobodysAvatar } : message.author;
    const own = message.kind === 'text' && author.type === 'user' && author.id === this.#importerId;
    const isReply = message.kind === 'reply';
    return {
      id,
      seq,
      kind: message.kind,
      author_type: own ? 'user' : 'system',
      author_id: own ? this.#importerId : null,
      author_name: author.name,
      author_handle: author.handle,
      author_avatar: author.avatar,
      imported: !own,
      content: deleted || isInProgress(message.status) ? '' : message.content,
      // A reply that was being written when the file was made is stopped here: nobody goes on writing it.
      status: isReply ? (message.status === null || isInProgress(message.status) ? 'stopped' : message.status) : null,
      attempt: isReply ? message.attempt : 0,
      reply_to: message.replyTo && (this.#ids.get(message.replyTo) ?? null),
      mentions: deleted ? [] : message.mentions.filter((mentioned) => mentioned === this.#importerId),
      reactions: deleted ? [] : this.#reactions(message.reactions),
      created_at: createdAt,
      edited_at: message.editedAt && this.#past(message.editedAt),
      deleted_at: message.deletedAt && this.#past(message.deletedAt),
      pinned_at: message.pinnedAt && this.#past(message.pinnedAt),
      hidden_from_ai: message.hiddenFromAi ?? false,
      reply: isReply ? this.#reply(message, id) : null,
      error: isReply ? message.error : null,
    };
  }

  /** The importer counts as the one who asked for an imported reply, and so may delete it. */
  #reply({ reply }: FileMessage, id: string): FileMessage['reply'] {
    const trigger = { kind: reply?.trigger.kind ?? 'mention', messageId: this.#ids.get(reply?.trigger.messageId ?? '') ?? id };
    return {
      askedBy: this.#importerId,
      trigger,
      model: reply?.model ?? null,
      startedAt: reply?.startedAt ?? null,
      finishedAt: reply?.finishedAt ?? null,
      stoppedBy: null,
      usage: reply?.usage ?? null,
    };
  }

  /** The first thousand, as many as a message here may have. */
  #reactions(reactions: FileMessage['reactions']): FileMessage['reactions'] {
    const byEmoji = new Map<string, Set<string>>();
    let left = maxReactorsPerMessage;
    for (const { emoji, userIds } of reactions) {
      const known = byEmoji.get(emoji) ?? new Set();
      byEmoji.set(emoji, known);
      const kept = userIds.slice(0, left);
      left -= kept.length;
      for (const userId of kept) known.add(this.#reactor(userId));
    }
    return [...byEmoji].flatMap(([emoji, ids]) => (ids.size > 0 ? [{ emoji, userIds: [...ids], count: ids.size }] : []));
  }

  /** The id for a stranger who reacted: the same for all their reactions, and no account's on this server. Computed, so that none is kept. */
  #reactor(userId: string): string {
    return userId === this.#importerId ? userId : uuidv5(userId, this.#strangers);
  }

  /** The instant, moved to between 1970 and now if it is outside. */
  #past(instant: string): string {
    return new Date(Math.min(Math.max(Date.parse(instant), 0), this.#now)).toISOString();
  }
}
