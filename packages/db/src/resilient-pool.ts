import pg from 'pg';
import { isStatementError, type Answers } from './answers.js';
import type { StatementWatch } from './statement-watch.js';
import type { Turns } from './turns.js';

export interface ResilientPoolParts {
  /** Turns to have a connection, as many as the pool has connections: so nobody waits in pg's own queue, which has a time limit. */
  turns: Turns;
  answers: Answers;
  onConnectionError(error: Error): void;
  onStatement?: StatementWatch | undefined;
}

/**
 * pg's pool with three differences: an error of a statement (a unique violation, say) does not cost the connection it ran on; every
 * error of a connection is heard, because an unheard one would end the process; and a statement waits for a free connection as long as
 * the database answers.
 *
 * pg's own `pool.query` closes the connection after any error. A repeated idempotent send causes such an error, and 100 of them at once
 * must not mean 100 new connections.
 */
export class ResilientPool extends pg.Pool {
  constructor(config: pg.PoolConfig, { turns, answers, onConnectionError, onStatement }: ResilientPoolParts) {
    super(config);
    // An idle connection reports its error to the pool. A connection in use reports it to itself; that can be ignored, because its query
    // fails too.
    this.on('error', onConnectionError);
    this.on('connect', (client) => {
      answers.note();
      client.on('error', () => {});
    });
    const onConnection = async (statement: pg.QueryConfig | string) => {
      const client = await this.connect();
      try {
        const result = await client.query(statement);
        answers.note();
        client.release();
        return result;
      } catch (error) {
        const answered = isStatementError(error);
        if (answered) answers.note();
        client.release(!answered);
        throw error;
      }
    };
    // Prisma's adapter uses only the promise form. It is assigned, because pg's overloads cannot be overridden.
    this.query = (async (statement: pg.QueryConfig | string) => {
      const beganAt = performance.now();
      const turn = turns.take();
      if (turn) await turn;
      const startedAt = turn ? performance.now() : beganAt;
      let failed = true;
      try {
        const result = await onConnection(statement);
        failed = false;
        return result;
      } finally {
        turns.pass();
        const sql = typeof statement === 'string' ? statement : statement.text;
        onStatement?.({ sql, beganAt, waitedMs: startedAt - beganAt, tookMs: performance.now() - beganAt, failed });
      }
    }) as typeof this.query;
  }
}
