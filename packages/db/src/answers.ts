/** Remembers when the database last answered, whoever asked: a database that answers anyone is there. */
export class Answers {
  #lastAt = Number.NEGATIVE_INFINITY;

  /** By the process's monotonic clock, in milliseconds. */
  get lastAt(): number {
    return this.#lastAt;
  }

  note(): void {
    this.#lastAt = performance.now();
  }

  /** Passes on what became of a statement. Its result is an answer, and so is an error that the server found in it. */
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

/** The server refused the statement and kept the connection: severity FATAL and PANIC end it. */
export function isStatementError(error: unknown): boolean {
  return error instanceof Error && 'severity' in error && error.severity === 'ERROR';
}
