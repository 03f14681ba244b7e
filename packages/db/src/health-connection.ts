import pg from 'pg';
import type { Answers } from './answers.js';

export interface HealthConnectionOptions {
  connection: pg.ClientConfig;
  /** After which a question without an answer fails, and a connection that could not be made, in milliseconds. */
  timeoutMs: number;
  answers: Answers;
  /** Told when the connection broke while nothing was asked on it. */
  onConnectionError(error: Error): void;
}

/**
 * Asks the database whether it is there, on a connection that nothing else uses: neither a full pool nor a lock that others wait for
 * delays the answer. The connection is made at the first question. One that broke or did not answer is dropped, and the next question
 * makes another.
 */
export class HealthConnection {
  readonly #options: HealthConnectionOptions;
  #client: pg.Client | null = null;
  #asking: Promise<void> | null = null;
  #closed = false;

  constructor(options: HealthConnectionOptions) {
    this.#options = options;
  }

  /** Resolves once the database has answered; rejects if it does not. Who asks while a question is under way shares its answer. */
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
      // Who asks is told by the rejection.
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
    // Not awaited: a server that is silent does not say goodbye either.
    client.end().catch(() => {});
  }
}
