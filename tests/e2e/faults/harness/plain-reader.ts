import { setTimeout as delay } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { isInProgress, type MessageView } from '@parley/contracts';
import { textOfAttempt, type OtherRecord, type TextRead, type RoomTruth } from './history.js';
import type { Reader, ReadingOptions } from './reader.js';

/** A frame of docs/sockets.md. */
interface Frame {
  type: string;
  messageID: string;
  content: string;
  seq: number;
  attempt: number;
  offset: number;
  lastMessageID: string | null;
  online: string[] | number;
  code: string;
  error?: { code: string };
}

type PlainMessage = Pick<Frame, 'messageID' | 'seq' | 'content' | 'error'>;

/** Errors that say to come back, or not to. Any other is one that a reader who sends nothing must never be told. */
const comeBack = ['UNAVAILABLE', 'RATE_LIMITED', 'TOKEN_EXPIRED'];
const stayAway = ['SESSION_REVOKED', 'ACCOUNT_DISABLED', 'ROOM_NOT_FOUND', 'FORBIDDEN'];

/** What one socket after another told of a room. */
class PlainRecord implements OtherRecord {
  readonly name: string;
  readonly roomId: string;
  readonly messages = new Map<string, PlainMessage>();
  readonly texts = new Map<string, TextRead>();
  readonly attempts = new Map<string, Set<number>>();
  online: string[] = [];
  /** What the reader had of answers when their end came. */
  readonly #ended: TextRead[] = [];
  readonly #wrong: string[] = [];

  constructor(name: string, roomId: string) {
    this.name = name;
    this.roomId = roomId;
  }

  /** Takes a message in the place of what was known of it. */
  noteMessage({ messageID, seq, content, error }: PlainMessage): void {
    const known = this.messages.get(messageID);
    if (known && known.seq !== seq) this.wrong(`saw ${messageID} at seq ${known.seq}, and then at ${seq}`);
    this.messages.set(messageID, { messageID, seq, content, ...(error && { error }) });
    const text = this.texts.get(messageID);
    if (text) this.#ended.push(text);
    this.texts.delete(messageID);
  }

  noteChunk({ messageID: messageId, attempt, offset, content }: Frame): void {
    let known = this.texts.get(messageId);
    if (known && known.attempt > attempt) return;
    if (!known || known.attempt < attempt) this.texts.set(messageId, (known = { messageId, attempt, text: '' }));
    this.attempts.set(messageId, (this.attempts.get(messageId) ?? new Set()).add(attempt));
    // Text before it is missing; a later chunk brings all of it.
    if (offset > known.text.length) return;
    const had = known.text.slice(offset, offset + content.length);
    if (!content.startsWith(had)) this.wrong(`was given “${content}” of ${messageId} at ${offset}, where it had “${had}”`);
    if (offset + content.length > known.text.length) known.text = known.text.slice(0, offset) + content;
  }

  wrong(what: string): void {
    this.#wrong.push(`${this.name} ${what}`);
  }

  *violations({ messages }: RoomTruth): Generator<string> {
    yield* this.#wrong;
    const stored = new Map(messages.map((message) => [message.id, message]));
    for (const { messageID, seq } of this.messages.values()) {
      if (!stored.has(messageID)) yield `${this.name} saw message ${messageID}, which is not stored`;
      else if (stored.get(messageID)!.seq !== seq)
        yield `${this.name} saw message ${messageID} at seq ${seq}, and it is at ${stored.get(messageID)!.seq}`;
    }
    for (const { messageId, attempt, text } of this.#ended) {
      const message = stored.get(messageId);
      if (!message || message.deletedAt || message.editedAt) continue;
      const kept = textOfAttempt(message, attempt);
      if (kept?.status === 'complete' && !kept.content.startsWith(text))
        yield `${this.name} read “${text}” of reply ${messageId}, which is “${kept.content}”`;
    }
  }

  difference({ messages }: RoomTruth): string | null {
    const stored = messages.filter(({ kind }) => kind !== 'system');
    if (stored.length !== this.messages.size) return `${this.messages.size} messages for ${stored.length}`;
    for (const { id, seq, content } of stored) {
      const mine = this.messages.get(id);
      if (mine?.seq !== seq || mine.content !== content)
        return `message ${id}: ${JSON.stringify(mine)} for ${JSON.stringify({ seq, content })}`;
    }
    return null;
  }
}

/** Reads a room over plain WebSockets. */
export function readPlain({ history, chance, name, url, roomId, token }: ReadingOptions): Reader & AsyncDisposable {
  const record = new PlainRecord(`${name} (/ws)`, roomId);
  history.others.push(record);
  /** The last message that the reader has; none before the first. */
  let last: { seq: number; id: string } | null = null;
  let connections = 0;
  let resyncs = 0;
  let socket: WebSocket | null = null;
  let again: NodeJS.Timeout | undefined;
  const stop = new AbortController();

  const noteMessage = (frame: PlainMessage) => {
    record.noteMessage(frame);
    if (frame.seq > (last?.seq ?? 0)) last = { seq: frame.seq, id: frame.messageID };
  };

  /** Reads all messages again, because more changed than is replayed. What a socket tells meanwhile is newer, and stays. */
  let told: Set<string> | null = null;
  let fetching: Promise<void> | null = null;
  async function fetchMessages(): Promise<void> {
    told = new Set();
    for (let before = ''; ;) {
      const query = `limit=100${before}`;
      const page = await fetch(`${url}/api/rooms/${roomId}/messages?${query}`, {
        headers: { authorization: `Bearer ${String(token())}` },
        signal: stop.signal,
      }).then(
        async (response) => (response.ok ? ((await response.json()) as { items: MessageView[]; hasBefore: boolean }) : null),
        () => null,
      );
      if (stop.signal.aborted) return;
      if (!page) {
        await delay(chance.between(50, 300), undefined, { signal: stop.signal }).catch(() => {});
        continue;
      }
      for (const { id: messageID, kind, seq, content, status, error } of page.items) {
        if (kind !== 'system' && !isInProgress(status) && !told!.has(messageID))
          noteMessage({ messageID, seq, content, ...(error && { error }) });
      }
      if (!page.hasBefore) return;
      before = `&before=${page.items[0]!.seq}`;
    }
  }
  const resync = () => {
    resyncs++;
    fetching = (fetching ?? Promise.resolve()).then(fetchMessages).finally(() => (told = null));
  };

  const note = (frame: Frame) => {
    switch (frame.type) {
      case 'connection':
        connections++;
        return;
      case 'message':
        told?.add(frame.messageID);
        return noteMessage(frame);
      case 'ai_chunk':
        return record.noteChunk(frame);
      case 'presence':
        record.online = typeof frame.online === 'number' ? [] : frame.online;
        return;
      case 'error':
        if (frame.code === 'CONFLICT') resync();
        else if (stayAway.includes(frame.code)) stop.abort();
        else if (!comeBack.includes(frame.code)) record.wrong(`was told ${JSON.stringify(frame)}`);
    }
  };
  const open = () => {
    const bearer = token();
    if (bearer === null) return stop.abort();
    // With nothing after it, `after` means: all.
    socket = new WebSocket(`${url.replace('http', 'ws')}/ws?roomID=${roomId}&after=${last?.id ?? ''}`, ['parley', bearer]);
    socket.on('message', (data: Buffer) => note(JSON.parse(data.toString()) as Frame));
    socket.on('error', () => {});
    socket.on('close', () => {
      if (!stop.signal.aborted) again = setTimeout(open, chance.between(50, 300));
    });
  };
  open();
  return {
    name: record.name,
    connections: () => connections,
    *messages() {
      for (const { messageID: id, seq, content, error } of record.messages.values())
        yield { id, seq, content, errorCode: error?.code ?? null };
    },
    textOf: (messageId) => record.texts.get(messageId),
    texts: () => record.texts.values(),
    attempts: (messageId) => [...(record.attempts.get(messageId) ?? [])],
    online: () => record.online,
    resynced: () => resyncs > 0,
    difference: (truth) => record.difference(truth),
    async [Symbol.asyncDispose]() {
      stop.abort();
      clearTimeout(again);
      socket?.terminate();
      await fetching;
    },
  };
}
