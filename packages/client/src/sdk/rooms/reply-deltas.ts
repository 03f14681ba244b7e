import { DeltaReassembler, isInProgress, type ReassemblyResult } from '@parley/contracts';
import type { MessageView, RoomEvent } from '../views.js';

/** What {@link Room.events} yields: the server's events, where the pieces of an answer come in order, each once. */
export type RoomStreamEvent = Exclude<RoomEvent, { type: 'snapshot' }>;

/**
 * Makes the pieces of answers that are being written gapless: whatever came twice or was left out, the `delta`s of an attempt follow each
 * other. One whose offset is 0 starts over.
 */
export class ReplyDeltas {
  readonly #texts = new DeltaReassembler();

  /** The events to yield for one that came, in order. */
  *take(event: RoomEvent): Generator<RoomStreamEvent, void, undefined> {
    switch (event.type) {
      case 'hello':
        yield event;
        for (const { messageId, attempt, text } of event.replies) {
          yield* this.#grown(messageId, attempt, this.#texts.applySnapshot({ messageId, attempt, text }));
        }
        return;
      case 'delta':
        return yield* this.#grown(event.messageId, event.attempt, this.#texts.applyDelta(event));
      case 'snapshot':
        return yield* this.#grown(event.messageId, event.attempt, this.#texts.applySnapshot(event));
      case 'message':
        yield* this.#settled(event.message);
        return yield event;
      default:
        yield event;
    }
  }

  *#grown(messageId: string, attempt: number, result: ReassemblyResult): Generator<RoomStreamEvent, void, undefined> {
    if (result.kind !== 'changed') return;
    const { text } = this.#texts.get(messageId)!;
    const piece = result.appended ?? text;
    yield { type: 'delta', messageId, attempt, offset: text.length - piece.length, text: piece };
  }

  /** What the message's row says of its text: an attempt began, or the text is whole. */
  *#settled({ id, kind, status, attempt, content, deletedAt }: MessageView): Generator<RoomStreamEvent, void, undefined> {
    if (kind !== 'reply') return;
    if (isInProgress(status) && deletedAt === null) return this.#texts.startAttempt(id, attempt);
    const known = this.#texts.get(id);
    // Who joins the pieces has the whole text, also where the last ones were lost.
    if (known?.attempt === attempt && content.length > known.text.length && content.startsWith(known.text)) {
      yield { type: 'delta', messageId: id, attempt, offset: known.text.length, text: content.slice(known.text.length) };
    }
    this.#texts.seal(id, attempt);
  }
}
