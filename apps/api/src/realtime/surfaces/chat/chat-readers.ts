/** Which conversations of the chat surface have readers on this process. */
export class ChatReaders {
  readonly #readers = new Map<string, number>();

  /** Conversations that have a reader, each counted once. */
  get sessions(): number {
    return this.#readers.size;
  }

  /** @returns a function to call once when the reader is gone */
  enter(userId: string, sessionId: string): () => void {
    const key = `${userId} ${sessionId}`;
    this.#readers.set(key, (this.#readers.get(key) ?? 0) + 1);
    return () => {
      const left = this.#readers.get(key)! - 1;
      if (left > 0) this.#readers.set(key, left);
      else this.#readers.delete(key);
    };
  }
}
