import type { Bus } from '@parley/bus';
import type { Db } from '@parley/db';

/** What every use case is given. Each process composes it once, in its `main.ts`. */
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
