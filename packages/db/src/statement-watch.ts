/** A statement that the database was asked, once its answer is there. Times are those of the process's monotonic clock, in milliseconds. */
export interface WatchedStatement {
  /** The statement with its placeholders; what people wrote is never in it. */
  sql: string;
  beganAt: number;
  /** How much of its time it waited for a connection. */
  waitedMs: number;
  tookMs: number;
  failed: boolean;
}

/** Told of each statement of the client. It must not throw. */
export type StatementWatch = (statement: WatchedStatement) => void;

/** How the connections of a process are used, now. */
export interface ConnectionFigures {
  busy: number;
  idle: number;
  /** Statements that wait for a connection. */
  waiting: number;
}
