import type { InboxMarks } from '@parley/core';

/**
 * Whether a person was not told of something: what their inbox adds up to in the database, beside what it adds up to by what they
 * were told. The two differ for a moment whenever something changes, so only what stays different counts.
 */
export class InboxDoubt {
  #said = '';
  /** How often in a row the database said the same that was not told. */
  #times = 0;

  /** @returns true once for each thing that the database says twice in a row and that was not told */
  isFounded(said: InboxMarks, told: InboxMarks): boolean {
    const key = keyOf(said);
    if (key === keyOf(told)) {
      this.#said = '';
      this.#times = 0;
      return false;
    }
    this.#times = key === this.#said ? this.#times + 1 : 1;
    this.#said = key;
    return this.#times === 2;
  }
}

function keyOf({ rooms, muted, read, mentions, writing }: InboxMarks): string {
  return `${rooms} ${muted} ${read} ${mentions} ${writing}`;
}
