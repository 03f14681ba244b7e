import { z } from 'zod';

/** The first line of a backup: what is in it. */
export const manifestSchema = z.object({
  type: z.literal('manifest'),
  format: z.literal('parley.backup'),
  version: z.number().int().positive(),
  /** When it was begun; what it holds is of that moment or, of an embedded server that runs, a little later. */
  madeAt: z.string(),
  /** Of which shape the data were. It restores to either. */
  shape: z.enum(['embedded', 'distributed']),
  /** What people should know who handle the file. */
  note: z.string(),
  /** Migrations that its data have had, by name: the last one is the version of the schema. */
  migrations: z.array(z.object({ name: z.string(), checksum: z.string() })).min(1),
  tables: z.array(z.object({ name: z.string(), columns: z.array(z.string()).min(1), rows: z.number().int().min(0) })),
});

export type BackupManifest = z.infer<typeof manifestSchema>;

export const backupVersion = 1;

/** A line that ends a table: how many rows came, and the SHA-256 of their lines, line ends included. */
export const tableEndSchema = z.object({ type: z.literal('tableEnd'), name: z.string(), rows: z.number().int(), sha256: z.string() });

/** The last line: the SHA-256 of all lines before it. A file without it is not whole. */
export const endSchema = z.object({ type: z.literal('end'), rows: z.number().int(), sha256: z.string() });
