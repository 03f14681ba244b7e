import { Prisma } from '@parley/db';
import type { CoreDeps } from '../deps.js';
import type { ClaimedCall } from './kept-answer.js';

/**
 * How a claimed call ended. `done`: its answer is kept. `undone`: it changed nothing, so a repeat may do it. `unknown`: nobody knows
 * whether it changed something, so no repeat does it.
 */
export type CallEnd = { kind: 'done'; status: number; answer: Uint8Array } | { kind: 'undone' } | { kind: 'unknown' };

/** Says how a claimed call ended. A claim that another has taken over meanwhile is left alone. */
export async function settleCall({ db }: Pick<CoreDeps, 'db'>, { id, claimId }: ClaimedCall, end: CallEnd): Promise<void> {
  const mine = Prisma.sql`k.id = ${id}::uuid and k.claim_id = ${claimId}::uuid`;
  if (end.kind === 'undone') {
    await db.$executeRaw(Prisma.sql`delete from kept_answers k where ${mine}`);
    return;
  }
  const { status, answer } = end.kind === 'done' ? end : { status: 0, answer: null };
  await db.$executeRaw(Prisma.sql`update kept_answers k set status = ${status}::int, answer = ${answer}::bytea where ${mine}`);
}
