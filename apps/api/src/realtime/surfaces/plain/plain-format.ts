import type { RoomEvent } from '@parley/contracts';
import type { EventFormat } from '../../room/event-batch.js';
import type { OutEvent } from '../../room/out-event.js';
import { textFrame } from '../../sockets/text-frame.js';
import { framesOfMessage, type PlainFrame } from './plain-frames.js';

/** Of how many answers of a room it is remembered whose they are. */
const maxRemembered = 1_000;

/** How the events of one room are written to all its readers over plain WebSockets. */
export class PlainFormat implements EventFormat {
  readonly #roomId: string;
  readonly #characterOf = new Map<string, string>();

  constructor(roomId: string) {
    this.#roomId = roomId;
  }

  /** Whole WebSocket frames: an event is none, one, or several. */
  encode({ event }: OutEvent): Buffer {
    return Buffer.concat(this.#frames(event).flatMap((frame) => textFrame(Buffer.from(JSON.stringify(frame)))));
  }

  frame(body: Buffer): readonly Buffer[] {
    return [body];
  }

  /** Says whose answer a message is, because its chunks do not. */
  noteAuthor(messageId: string, characterId: string): void {
    this.#characterOf.delete(messageId);
    this.#characterOf.set(messageId, characterId);
    if (this.#characterOf.size > maxRemembered) this.#characterOf.delete(this.#characterOf.keys().next().value!);
  }

  #frames(event: RoomEvent): PlainFrame[] {
    switch (event.type) {
      case 'hello':
        return event.replies.filter(({ text }) => text !== '').map((reply) => this.#chunk({ ...reply, offset: 0 }));
      case 'message': {
        const { id, kind, author } = event.message;
        if (kind === 'reply' && author.id) this.noteAuthor(id, author.id);
        return framesOfMessage(event.message);
      }
      case 'delta':
        return [this.#chunk(event)];
      case 'snapshot':
        return [this.#chunk({ ...event, offset: 0 })];
      case 'presence':
        return [{ type: 'presence', roomID: this.#roomId, online: event.online ?? event.onlineCount }];
      case 'resync':
        return [{ type: 'error', code: 'CONFLICT', message: 'More has changed than is replayed. Read the room’s messages again.' }];
      // System lines tell of these.
      case 'room':
      case 'member':
      case 'character':
      case 'typing':
      case 'queue':
      case 'thought':
        return [];
    }
  }

  #chunk({ messageId, attempt, offset, text }: { messageId: string; attempt: number; offset: number; text: string }): PlainFrame {
    const characterID = this.#characterOf.get(messageId) ?? null;
    return { type: 'ai_chunk', messageID: messageId, roomID: this.#roomId, characterID, attempt, offset, content: text };
  }
}

/** The formats of rooms that have readers: all readers of a room share one, so that an event is written once. */
export class PlainFormats {
  readonly #rooms = new Map<string, { format: PlainFormat; readers: number }>();

  /** @returns the room's format, and a function to call once when it is not used any more */
  acquire(roomId: string): { format: PlainFormat; release: () => void } {
    let room = this.#rooms.get(roomId);
    if (!room) this.#rooms.set(roomId, (room = { format: new PlainFormat(roomId), readers: 0 }));
    const held = room;
    held.readers++;
    return {
      format: held.format,
      release: () => {
        if (--held.readers === 0) this.#rooms.delete(roomId);
      },
    };
  }
}
