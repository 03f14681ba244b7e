import type { InboxMarks } from '@parley/core/sync/load-inbox-marks';

/**
 * Decides whether a person missed an event. It compares the totals of their inbox in the database with the totals of what they were
 * told. The two differ for a moment after every change, so only a difference that stays counts.
 */
export class InboxDoubt {
  #said = '';
  /** How often in a row the database gave the same totals, different from what was told. */
  #times = 0;

  /** @returns true once for each set of totals that the database gives twice in a row and that differs from what was told */
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

function keyOf({ rooms, muted, read, mentions, writing, invitations }: InboxMarks): string {
  return `${rooms} ${muted} ${read} ${mentions} ${writing} ${invitations}`;
}
