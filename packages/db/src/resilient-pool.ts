import pg from 'pg';

/**
 * pg's pool, except that an error of a statement (a unique violation, say) does not cost the connection it ran on, and that no
 * error of a connection goes unheard, which would end the process.
 *
 * pg's own `pool.query` closes the connection after any error. An idempotent send that meets its twin is such an error, and
 * 100 of them at once must not mean 100 new connections.
 */
export class ResilientPool extends pg.Pool {
  constructor(config: pg.PoolConfig, onConnectionError: (error: Error) => void) {
    super(config);
    // Idle connections report to the pool; one in use reports to itself, and its query fails besides.
    this.on('error', onConnectionError);
    this.on('connect', (client) => client.on('error', () => {}));
    // The promise form is the only one used: by Prisma's adapter and by ping. Assigned, as pg's overloads cannot be overridden.
    this.query = (async (query: pg.QueryConfig | string) => {
      const client = await this.connect();
      try {
        const result = await client.query(query);
        client.release();
        return result;
      } catch (error) {
        client.release(!isStatementError(error));
        throw error;
      }
    }) as typeof this.query;
  }
}

/** The server refused the statement and kept the connection: severity FATAL and PANIC end it. */
function isStatementError(error: unknown): boolean {
  return error instanceof pg.DatabaseError && error.severity === 'ERROR';
}
