import { isRecorded, noteSpan, type MaybeTracer } from '@parley/bus';
import type { StatementWatch } from '@parley/db';

/** Tells a watch of each statement, and has a tracer record it below the call that it was made for. The text has placeholders, no values. */
export function tracedStatements(watch: StatementWatch, tracer: MaybeTracer): StatementWatch {
  if (!tracer) return watch;
  return (statement) => {
    watch(statement);
    if (!isRecorded()) return;
    const { sql, beganAt, waitedMs, failed } = statement;
    const facts = {
      'db.system.name': 'postgresql',
      'db.query.text': sql.replace(/\s+/g, ' ').trim(),
      'parley.waited_ms': Math.round(waitedMs),
    };
    noteSpan(tracer, { name: 'statement', kind: 'client', at: beganAt, facts }, failed ? 'error' : undefined);
  };
}
