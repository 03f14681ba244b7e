import { createHash, type Hash } from 'node:crypto';
import {
  AppError,
  chatErrors,
  DeltaReassembler,
  isInProgress,
  type ChatEventData,
  type ChatEventName,
  type MessageView,
} from '@parley/contracts';
import type { EventFormat } from '../../room/event-batch.js';
import type { OutEvent } from '../../room/out-event.js';
import { positionId, type ChatPosition, type ToldPart } from './chat-position.js';
import { DoneSeqs } from './done-seqs.js';

/** Told of each event of the protocol. Throws for one that is not declared. */
export type CheckChatEvent = <Name extends ChatEventName>(name: Name, data: ChatEventData<Name>) => void;

export interface ChatFormatOptions {
  sessionId: string;
  /** Where the reader is. */
  from: ChatPosition & { rev: number };
  /** The answers that are queued or being written, as they were read before the room was subscribed to. */
  pending: readonly { id: string; seq: number }[];
  /** Called where more has changed in the room than is replayed: the reader has to come back. */
  onLost(): void;
  check?: CheckChatEvent | undefined;
}

/** What one reader has been told of one answer. */
interface Told {
  restarts: number;
  nextChunk: number;
  finalSent: boolean;
  /** The text that was told; null for a reader that came back, until the text is there which `part` is compared with. */
  text: string | null;
  part: ToldPart | null;
  /** Of the text that was told. */
  hash: Hash;
}

/**
 * The events of a chat session's room as one reader of the chat surface is told them. Its chunks only ever go on: whoever appends them has
 * the text. Where a text begins anew and is not what was told so far, the answer ends with an error that says so, and is told from its
 * beginning under another id. The id of each event says how far the reader was told: {@link ChatPosition}.
 *
 * It differs per reader, because chunks are counted per reader.
 */
export class ChatFormat implements EventFormat {
  readonly #options: ChatFormatOptions;
  readonly #texts = new DeltaReassembler();
  readonly #done: DoneSeqs;
  /** The seqs of the answers in progress: the others are not told. */
  readonly #seqs: Map<string, number>;
  readonly #told = new Map<string, Told>();
  #rev: number;

  constructor(options: ChatFormatOptions) {
    const { from, pending } = options;
    this.#options = options;
    this.#done = new DoneSeqs(from.floor, from.ranges);
    this.#seqs = new Map(pending.filter(({ seq }) => !this.#done.has(seq)).map(({ id, seq }) => [id, seq]));
    for (const part of from.answers) {
      const { messageId, restarts, nextChunk, finalSent } = part;
      this.#told.set(messageId, { restarts, nextChunk, finalSent, text: part.length === 0 ? '' : null, part, hash: newHash() });
    }
    this.#rev = from.rev;
  }

  /** What is told first, once the reader is let in. @param ended answers of which a part was told, and that have ended since */
  begin({ event }: OutEvent, ended: readonly MessageView[]): Buffer {
    const blocks = ended.flatMap((message) => this.#message(message));
    if (event.type === 'hello') {
      for (const reply of event.replies) {
        this.#texts.startAttempt(reply.messageId, reply.attempt);
        this.#texts.applySnapshot(reply);
        blocks.push(...this.#goOn(reply.messageId));
      }
    }
    return Buffer.concat(blocks);
  }

  /** None, one or several events. */
  encode({ event }: OutEvent): Buffer {
    return Buffer.concat(this.#blocks(event));
  }

  frame(body: Buffer): readonly Buffer[] {
    return [body];
  }

  /** The id of what was told last. */
  get position(): string {
    return positionId({ rev: this.#rev, floor: this.#done.floor, ranges: this.#done.ranges, answers: this.#parts() });
  }

  #blocks(event: OutEvent['event']): Buffer[] {
    switch (event.type) {
      case 'message': {
        const blocks = this.#message(event.message, event.rev);
        this.#rev = event.rev;
        return blocks;
      }
      case 'delta':
        this.#texts.applyDelta(event);
        return this.#goOn(event.messageId);
      case 'snapshot':
        this.#texts.applySnapshot(event);
        return this.#goOn(event.messageId);
      case 'resync':
        this.#options.onLost();
        return [];
      case 'room':
      case 'member':
      case 'character':
        this.#rev = event.rev;
        return [];
      case 'hello':
      case 'presence':
      case 'typing':
      case 'queue':
      case 'thought':
        return [];
    }
  }

  /** @param rev of the change that brought it, which the event that is told last stands for */
  #message(message: MessageView, rev = this.#rev): Buffer[] {
    const { id, seq, kind, status, attempt, deletedAt } = message;
    if (this.#done.has(seq)) return [];
    if (kind === 'reply' && isInProgress(status) && !deletedAt) {
      this.#seqs.set(id, seq);
      this.#texts.startAttempt(id, attempt);
      return this.#goOn(id);
    }
    const blocks = kind === 'reply' ? this.#ended(message, rev) : [];
    this.#forget(message);
    return blocks;
  }

  #forget({ id, seq, attempt }: MessageView): void {
    this.#texts.seal(id, attempt);
    this.#done.add(seq);
    this.#seqs.delete(id);
    this.#told.delete(id);
  }

  /** Tells what was added to an answer's text. */
  #goOn(messageId: string): Buffer[] {
    const known = this.#texts.get(messageId);
    // Of which answer a text is shows by its message, which comes first, or is on its way.
    if (!known || known.text === '' || !this.#seqs.has(messageId)) return [];
    const told = this.#toldOf(messageId);
    switch (relation(told, known.text)) {
      case 'behind':
        return [];
      case 'further':
        return this.#rest(messageId, told, known.text, false);
      case 'other': {
        const blocks = this.#restart(messageId, told);
        return [...blocks, ...this.#rest(messageId, told, known.text, false)];
      }
    }
  }

  #ended(message: MessageView, rev: number): Buffer[] {
    const { id, content, status, error, deletedAt, reply } = message;
    const told = this.#toldOf(id);
    const blocks: Buffer[] = [];
    if (deletedAt) {
      const data = { message_id: toldId(id, told), code: 'ANSWER_DELETED', message: chatErrors.ANSWER_DELETED };
      return [this.#last('error', data, message, rev)];
    }
    const whole = status !== 'failed';
    if (!told.finalSent) {
      if (relation(told, content) !== 'further') blocks.push(...this.#restart(id, told));
      if (whole || content.length > (told.text ?? '').length) blocks.push(...this.#rest(id, told, content, whole));
    }
    const message_id = toldId(id, told);
    if (whole) {
      const token_count = reply?.usage?.outputTokens || Math.ceil(Buffer.byteLength(content) / bytesPerToken);
      blocks.push(this.#last('message_complete', { message_id, token_count }, message, rev));
    } else {
      const { code, message: text } = error ?? { code: 'INTERNAL', message: new AppError('INTERNAL').message };
      blocks.push(this.#last('error', { message_id, code, message: text }, message, rev));
    }
    return blocks;
  }

  /** The event after which nothing more is told of an answer. */
  #last<Name extends ChatEventName>(name: Name, data: ChatEventData<Name>, message: MessageView, rev: number): Buffer {
    this.#forget(message);
    this.#rev = Math.max(this.#rev, rev);
    return this.#block(name, data);
  }

  /** The part of the text that was not told yet. */
  #rest(messageId: string, told: Told, text: string, is_final: boolean): Buffer[] {
    const chunk = text.slice((told.text ?? '').length);
    if (chunk === '' && !is_final) return [];
    told.text = text;
    told.hash.update(chunk, 'utf16le');
    told.finalSent = is_final;
    const data = { session_id: this.#options.sessionId, message_id: toldId(messageId, told), chunk_id: told.nextChunk++, chunk, is_final };
    return [this.#block('chunk', data)];
  }

  /** Says that what was told of an answer is void, and begins it under another id. */
  #restart(messageId: string, told: Told): Buffer[] {
    const message_id = toldId(messageId, told);
    told.restarts++;
    Object.assign(told, { text: '', part: null, nextChunk: 0, finalSent: false, hash: newHash() });
    const continued_as = toldId(messageId, told);
    return [this.#block('error', { message_id, code: 'ANSWER_RESTARTED', message: chatErrors.ANSWER_RESTARTED, continued_as })];
  }

  #toldOf(messageId: string): Told {
    let told = this.#told.get(messageId);
    if (!told) this.#told.set(messageId, (told = { restarts: 0, nextChunk: 0, finalSent: false, text: '', part: null, hash: newHash() }));
    return told;
  }

  #parts(): ToldPart[] {
    return [...this.#told]
      .filter(([, { nextChunk, restarts }]) => nextChunk > 0 || restarts > 0)
      .map(([messageId, { restarts, nextChunk, finalSent, text, part, hash }]) =>
        text === null ? part! : { messageId, restarts, nextChunk, finalSent, length: text.length, digest: digestOf(hash) },
      );
  }

  #block<Name extends ChatEventName>(name: Name, data: ChatEventData<Name>): Buffer {
    this.#options.check?.(name, data);
    return chatBlock(name, data, this.position);
  }
}

/** How many bytes of an answer are counted as a token, where nobody counted its tokens. */
const bytesPerToken = 4;

/** One event of the protocol. JSON has no line break, so its data is one line. @param id what the reader resumes from */
export function chatBlock<Name extends ChatEventName>(name: Name, data: ChatEventData<Name>, id?: string): Buffer {
  return Buffer.from(`${id === undefined ? '' : `id: ${id}\n`}event: ${name}\ndata: ${JSON.stringify(data)}\n\n`);
}

/** The id under which an answer is told. */
function toldId(messageId: string, { restarts }: Told): string {
  return restarts === 0 ? messageId : `${messageId}.${restarts}`;
}

/**
 * How a text stands to what was told: it goes `further` (or says as much), it is a beginning of it that may yet go further, or it says
 * something `other`. Of a reader that came back only the digest is known, until the text is as long.
 */
function relation(told: Told, text: string): 'further' | 'behind' | 'other' {
  if (told.text === null) {
    const { length, digest } = told.part!;
    if (text.length < length) return 'behind';
    const beginning = text.slice(0, length);
    const hash = newHash().update(beginning, 'utf16le');
    if (digestOf(hash) !== digest) return 'other';
    told.text = beginning;
    told.hash = hash;
    return 'further';
  }
  if (text.length < told.text.length) return told.text.startsWith(text) ? 'behind' : 'other';
  return text.startsWith(told.text) ? 'further' : 'other';
}

const newHash = (): Hash => createHash('sha256');

/** Stands for a text that was told, in 64 bits: it need only tell one attempt at an answer from another. */
function digestOf(hash: Hash): string {
  return hash.copy().digest('base64url').slice(0, 11);
}
