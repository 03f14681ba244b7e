/** What one step of a sweep over a table did. A sweep goes through a table by id, a bounded number of rows at a time. */
export interface SweepStep {
  /** Rows deleted. */
  deleted: number;
  /** The id after which the next step begins; null at the end of the table. */
  next: string | null;
}

/** Before the first id, for a step that begins a sweep. */
export const firstId = '00000000-0000-0000-0000-000000000000';
