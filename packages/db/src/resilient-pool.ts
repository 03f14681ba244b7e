import pg from 'pg';
import { isStatementError, type Answers } from './answers.js';
import type { Turns } from './turns.js';

export interface ResilientPoolParts {
  /** Whose turn it is to have a connection: as many as the pool has, so that nobody waits in pg's own queue, which has a time limit. */
  turns: Turns;
  answers: Answers;
  onConnectionError(error: Error): void;
}

/**
 * pg's pool, except that an error of a statement (a unique violation, say) does not cost the connection it ran on, that no error of
 * a connection goes unheard, which would end the process, and that a free connection is waited for as long as the database answers.
 *
 * pg's own `pool.query` closes the connection after any error. An idempotent send that meets its twin is such an error, and
 * 100 of them at once must not mean 100 new connections.
 */
export class ResilientPool extends pg.Pool {
  constructor(config: pg.PoolConfig, { turns, answers, onConnectionError }: ResilientPoolParts) {
    super(config);
    // Idle connections report to the pool; one in use reports to itself, and its query fails besides.
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
    // The promise form is the only one that Prisma's adapter uses. Assigned, as pg's overloads cannot be overridden.
    this.query = (async (statement: pg.QueryConfig | string) => {
      const turn = turns.take();
      if (turn) await turn;
      try {
        return await onConnection(statement);
      } finally {
        turns.pass();
      }
    }) as typeof this.query;
  }
}
