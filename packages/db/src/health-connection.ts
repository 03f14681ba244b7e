import pg from 'pg';
import type { Answers } from './answers.js';

export interface HealthConnectionOptions {
  connection: pg.ClientConfig;
  /** How long a question may wait for its answer, and a new connection for the server, in milliseconds. */
  timeoutMs: number;
  answers: Answers;
  /** Called when the connection broke while no question was open on it. */
  onConnectionError(error: Error): void;
}

/**
 * Asks the database whether it is there, on a connection that nothing else uses, so that neither a full pool nor a lock that others wait
 * for delays the answer. The first question makes the connection. A connection that broke or did not answer is dropped, and the next
 * question makes another.
 */
export class HealthConnection {
  readonly #options: HealthConnectionOptions;
  #client: pg.Client | null = null;
  #asking: Promise<void> | null = null;
  #closed = false;

  constructor(options: HealthConnectionOptions) {
    this.#options = options;
  }

  /** Resolves once the database has answered; rejects if it does not. Calls during an open question share its answer. */
  ask(): Promise<void> {
    this.#asking ??= this.#ask().finally(() => (this.#asking = null));
    return this.#asking;
  }

  close(): void {
    this.#closed = true;
    if (this.#client) this.#drop(this.#client);
  }

  async #ask(): Promise<void> {
    const client = this.#client ?? (await this.#connect());
    try {
      await this.#options.answers.of(client.query('select 1'));
    } catch (error) {
      this.#drop(client);
      throw error;
    }
  }

  async #connect(): Promise<pg.Client> {
    if (this.#closed) throw new Error('Connection terminated: the database was closed');
    const { connection, timeoutMs, onConnectionError } = this.#options;
    const client = new pg.Client({ ...connection, connectionTimeoutMillis: timeoutMs, query_timeout: timeoutMs });
    client.on('error', (error) => {
      // During a question, its rejection tells the caller.
      if (!this.#asking) onConnectionError(error);
      this.#drop(client);
    });
    await client.connect();
    this.#client = client;
    if (this.#closed) this.#drop(client);
    return client;
  }

  #drop(client: pg.Client): void {
    if (this.#client === client) this.#client = null;
    // Do not await the end: a server that is silent does not say goodbye either.
    client.end().catch(() => {});
  }
}
