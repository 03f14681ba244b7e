import type { PGlite } from '@electric-sql/pglite';

export const migrationsDir: string;
export interface SchemaEngine {
  missingSql(): Promise<string>;
  deploy(): Promise<string[]>;
}
export function loadSchemaEngine(): Promise<(pglite: PGlite) => Promise<SchemaEngine>>;
