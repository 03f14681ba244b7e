/** Words of statements that a reset cannot undo: it only empties tables and gives the session back its settings. */
export const beyondReset =
  /\b(?:alter|analyze|analyse|cluster|comment|copy|create|drop|grant|import|label|load|reassign|refresh|reindex|revoke|vacuum|_prisma_migrations)\b/i;

/**
 * What `discard all` does, but for the statements that the database keeps (`pglite-statements.ts`) and their plans: most tests run the same
 * ones, and to parse and plan them again is a quarter of the work of a test.
 */
export const resetSession = `
set session authorization default; reset all; close all; unlisten *;
select pg_advisory_unlock_all(); discard temp; discard sequences`;

/** A larger table is truncated: deleted rows would stay in its file, and every later statement would read past them. */
const maxTableBytes = 128 * 1024;

/** A statement that empties every table but that of the migrations. PostgreSQL lets only a superuser run it. */
export const emptyTables = `
do $$
declare
  name text;
begin
  perform set_config('session_replication_role', 'replica', true); -- tables may be emptied in any order, and no trigger runs
  for name in select quote_ident(tablename) from pg_tables where schemaname = 'public' and tablename <> '_prisma_migrations' loop
    if pg_relation_size(name::regclass) > ${maxTableBytes} then
      execute 'truncate ' || name || ' cascade';
    else
      execute 'delete from ' || name;
    end if;
  end loop;
end $$`;
