import { setImmediate } from 'node:timers/promises';
import { indexWordsInSteps, maxIndexed } from '@parley/contracts/search';
import { Prisma } from '@parley/db';
import type { CoreDeps } from '../deps.js';
import { readInTurns } from '../protocol/long-text.js';
import { writeWords } from '../protocol/message-statements.js';

/** Behind the last id. */
const lastId = 'ffffffff-ffff-ffff-ffff-ffffffffffff';
/** Messages of one step, and their text in UTF-16 units: some milliseconds of work. */
const stepMessages = 100;
const stepUnits = 200_000;

export interface IndexStep {
  indexed: number;
  /** The id after which the next step begins; null at the end. */
  next: string | null;
}

/**
 * One step of the sweep that writes the words of messages which have none, the newest first: those of before there were words, and what a
 * process of an earlier version, an import or a greeting wrote. Several processes may sweep at once; a message that changes meanwhile
 * is left for the next sweep.
 *
 * @param after the id that the step before returned as `next`; null to begin
 */
export async function indexMessages({ db }: Pick<CoreDeps, 'db'>, after: string | null): Promise<IndexStep> {
  const rows = await db.$queryRaw<{ id: string; rev: number; content: string }[]>(Prisma.sql`
    with looked as (
      select m.id, m.rev, left(m.content, ${maxIndexed}::int) as content from messages m
      where m.words is null and m.content <> '' and m.kind <> 'system' and m.id < ${after ?? lastId}::uuid
      order by m.id desc limit ${stepMessages}::int
    ),
    summed as (select *, sum(length(content)) over (order by id desc) - length(content) as before from looked)
    select id, rev, content from summed where before < ${stepUnits}::int order by id desc`);
  const last = rows.at(-1);
  if (!last) return { indexed: 0, next: null };
  const indexed: { id: string; rev: number; words: string }[] = [];
  for (const { id, rev, content } of rows) {
    indexed.push({ id, rev, words: await readInTurns(content, indexWordsInSteps) });
    // Others have their turn before the next.
    if (content.length > 1_000) await setImmediate();
  }
  return { indexed: await db.$executeRaw(writeWords(indexed)), next: last.id };
}
