/** Remembers when the database last answered, whoever asked: a database that answers anyone is there. */
export class Answers {
  #lastAt = Number.NEGATIVE_INFINITY;

  /** When the database last answered, by the process's monotonic clock, in milliseconds. */
  get lastAt(): number {
    return this.#lastAt;
  }

  note(): void {
    this.#lastAt = performance.now();
  }

  /**
   * Passes on the result or the error of a statement. A result counts as an answer of the database, and so does an error that the server
   * found in the statement.
   */
  async of<T>(statement: Promise<T>): Promise<T> {
    try {
      const result = await statement;
      this.note();
      return result;
    } catch (error) {
      if (isStatementError(error)) this.note();
      throw error;
    }
  }
}

/** True if the server refused the statement and kept the connection; it ends the connection at severity FATAL or PANIC. */
export function isStatementError(error: unknown): boolean {
  return error instanceof Error && 'severity' in error && error.severity === 'ERROR';
}
