import type { Bus } from '@parley/bus';
import type { Db } from '@parley/db';

/** The dependencies of the use cases; each takes those that it uses. Each process composes them once, in its `main.ts`. */
export interface CoreDeps {
  db: Db;
  bus: Bus;
  log: Log;
}

/** The part of pino's interface that the domain uses. */
export interface Log {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}
