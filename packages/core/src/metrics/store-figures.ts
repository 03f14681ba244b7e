import { Prisma } from '@parley/db';
import type { CoreDeps } from '../deps.js';

/** Kinds that metrics name; a newer version may write others into the same table. */
const kinds = [
  'reply',
  'private_reply',
  'agent_reply',
  'agent_private_reply',
  'completion',
  'room_summary',
  'room_memory',
  'ambient',
  'webhook',
  'mail',
  'other',
] as const;
type Kind = (typeof kinds)[number];

export interface JobFigures {
  kind: Kind;
  /** Jobs that may begin now, or later. */
  waiting: number;
  running: number;
  /** How long the one has waited that waits longest, among those that may begin, in seconds; 0 if none waits. */
  oldestSeconds: number;
}

export interface TableFigures {
  table: string;
  /** With its indexes and what is kept beside it. */
  bytes: number;
}

export interface StoreFiguresOptions {
  /** How long what was read is good for, in milliseconds: scrapes meanwhile share it. @default 5000 */
  jobsMs?: number;
  /** The same of the sizes of tables, which cost more and change slowly. @default 60000 */
  tablesMs?: number;
  /** How long a scrape waits for the database; it then goes without these, in milliseconds. @default 2000 */
  waitMs?: number;
}

/** What only the database knows of the whole deployment, read at most once in a while, however many ask. It never rejects. */
export class StoreFigures {
  readonly jobs: () => Promise<readonly JobFigures[]>;
  readonly tables: () => Promise<readonly TableFigures[]>;

  constructor({ db }: Pick<CoreDeps, 'db'>, { jobsMs = 5_000, tablesMs = 60_000, waitMs = 2_000 }: StoreFiguresOptions = {}) {
    this.jobs = shared(() => loadJobFigures({ db }), jobsMs, waitMs);
    this.tables = shared(() => loadTableFigures({ db }), tablesMs, waitMs);
  }
}

async function loadJobFigures({ db }: Pick<CoreDeps, 'db'>): Promise<JobFigures[]> {
  const rows = await db.$queryRaw<{ kind: string; waiting: number; running: number; oldest: number }[]>(Prisma.sql`
    select j.kind, count(*) filter (where j.state = 'queued')::int as waiting, count(*) filter (where j.state = 'streaming')::int as running,
      coalesce(greatest(0, extract(epoch from now() - min(j.available_at) filter (where j.state = 'queued'))), 0)::float8 as oldest
    from jobs j where j.state <> 'done' group by j.kind limit 100`);
  return kinds.map((kind) => {
    const own = rows.filter((row) => kindOf(row.kind) === kind);
    return {
      kind,
      waiting: own.reduce((sum, { waiting }) => sum + waiting, 0),
      running: own.reduce((sum, { running }) => sum + running, 0),
      oldestSeconds: Math.max(0, ...own.map(({ oldest }) => oldest)),
    };
  });
}

function kindOf(kind: string): Kind {
  return kinds.find((known) => known === kind) ?? 'other';
}

async function loadTableFigures({ db }: Pick<CoreDeps, 'db'>): Promise<TableFigures[]> {
  return await db.$queryRaw<TableFigures[]>(Prisma.sql`
    select c.relname::text as "table", pg_total_relation_size(c.oid)::float8 as bytes
    from pg_class c where c.relkind = 'r' and c.relnamespace = current_schema()::regnamespace order by c.relname limit 200`);
}

/** Reads at most once in `everyMs`. While nothing was read, or the reading takes too long or fails, there is nothing to show. */
function shared<T>(read: () => Promise<readonly T[]>, everyMs: number, waitMs: number): () => Promise<readonly T[]> {
  let readAt = Number.NEGATIVE_INFINITY;
  let reading: Promise<readonly T[]> | null = null;
  let last: readonly T[] = [];
  return async () => {
    if (performance.now() - readAt < everyMs) return last;
    reading ??= read()
      .then(
        (figures) => {
          last = figures;
          readAt = performance.now();
          return figures;
        },
        () => [],
      )
      .finally(() => {
        reading = null;
      });
    let timer: NodeJS.Timeout | undefined;
    const silence = new Promise<readonly T[]>((resolve) => {
      timer = setTimeout(() => resolve([]), waitMs);
    });
    return Promise.race([reading, silence]).finally(() => clearTimeout(timer));
  };
}
