import { inboxEventSchema, roomEventSchema, type InboxEvent, type RoomEvent } from '@parley/contracts';
import type { z } from 'zod';
import { undeclared } from './undeclared.js';

/**
 * An answer or event that was about to leave differs from its declared schema. This is a bug of ours, thrown only in tests and
 * development.
 */
export class UndeclaredError extends Error {
  override readonly name = 'UndeclaredError';
}

/**
 * Parses each answer and event that is about to leave this process with its declared schema, and refuses what the schema does not
 * declare. It exists in tests and development only (`CHECK_ANSWERS`): production makes none and parses nothing.
 */
export class AnswerCheck {
  readonly #outputs: ReadonlyMap<string, z.ZodType>;

  /** @param outputs the declared output of each procedure, by the procedure's name */
  constructor(outputs: ReadonlyMap<string, z.ZodType>) {
    this.#outputs = outputs;
  }

  /** Checks the answer of a query or mutation. @throws UndeclaredError */
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

  /** Checks the lines of a file, and passes on whole ones. @throws UndeclaredError at the first line that differs from its schema */
  async *lines(schema: z.ZodType, chunks: AsyncIterable<string>, what: string): AsyncGenerator<string, void> {
    let begun = '';
    for await (const chunk of chunks) {
      const end = chunk.lastIndexOf('\n') + 1;
      const whole = end === 0 ? '' : begun + chunk.slice(0, end);
      begun = end === 0 ? begun + chunk : chunk.slice(end);
      if (whole === '') continue;
      for (const line of whole.trimEnd().split('\n')) this.allows(schema, JSON.parse(line), what);
      yield whole;
    }
    if (begun !== '') throw new UndeclaredError(`${what} has no end`);
  }

  /** @param what names the value in the error. @throws UndeclaredError */
  allows(schema: z.ZodType, value: unknown, what: string): void {
    const found = undeclared(schema, value);
    if (found) throw new UndeclaredError(`${what} is not as declared: ${found}`);
  }
}
