import { inboxEventSchema, roomEventSchema, type InboxEvent, type RoomEvent } from '@parley/contracts';
import type { z } from 'zod';
import { undeclared } from './undeclared.js';

/** Something that was about to leave is not as it is declared: a mistake of ours, seen in tests and in development only. */
export class UndeclaredError extends Error {
  override readonly name = 'UndeclaredError';
}

/**
 * Parses everything that is about to leave this process, by what is declared of it, and refuses what is undeclared. It is for tests
 * and development (`CHECK_ANSWERS`): in production there is none, and nothing is parsed.
 */
export class AnswerCheck {
  readonly #outputs: ReadonlyMap<string, z.ZodType>;

  /** @param outputs what each procedure declares, by its name */
  constructor(outputs: ReadonlyMap<string, z.ZodType>) {
    this.#outputs = outputs;
  }

  /** What a query or mutation answers. @throws UndeclaredError */
  answer(procedure: string, answer: unknown): void {
    const schema = this.#outputs.get(procedure);
    if (!schema) throw new UndeclaredError(`${procedure} declares no output`);
    this.allows(schema, answer, `the answer of ${procedure}`);
  }

  /** @throws UndeclaredError */
  roomEvent(event: RoomEvent): void {
    this.allows(roomEventSchema, event, `a room event of type ${event.type}`);
  }

  /** @throws UndeclaredError */
  inboxEvent(event: InboxEvent): void {
    this.allows(inboxEventSchema, event, `an inbox event of type ${event.type}`);
  }

  /** The lines of a file, in chunks of whole lines. @throws UndeclaredError at the first that is not as declared */
  async *lines(schema: z.ZodType, chunks: AsyncIterable<string>, what: string): AsyncGenerator<string, void> {
    for await (const chunk of chunks) {
      for (const line of chunk.trimEnd().split('\n')) this.allows(schema, JSON.parse(line), what);
      yield chunk;
    }
  }

  /** @param what names it in the error. @throws UndeclaredError */
  allows(schema: z.ZodType, value: unknown, what: string): void {
    const found = undeclared(schema, value);
    if (found) throw new UndeclaredError(`${what} is not as declared: ${found}`);
  }
}
