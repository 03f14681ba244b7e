import { AppError, type AgentTask, type Avatar, type ReplyRequest } from '@parley/contracts';
import { Prisma } from '@parley/db';
import type { CoreDeps } from '../deps.js';
import { isRoomOfKey } from '../access/key-rooms.js';
import { agentKinds } from '../jobs/agent-kinds.js';
import { payer } from '../jobs/ai-budget.js';
import type { Claimant, JobFence } from '../jobs/job.js';
import { toIso, type Instant } from '../protocol/instant.js';
import type { Actor } from '../sessions/actor.js';
import { agentPrivateReplyJobs, agentReplyJobs } from './agent-jobs.js';
import { mayServe, notServed } from './served-character.js';

/** An attempt at an answer, of an agent that may write it. */
export interface AgentAttempt extends JobFence {
  roomId: string;
  private: boolean;
  character: { id: string; handle: string };
  askedBy: { id: string; name: string; handle: string; avatar: Avatar };
  paidBy: string;
  request: ReplyRequest;
  /** Attempts before this one that ended badly, in a row. */
  tries: number;
  /** Since the attempt was claimed, by the database's clock. */
  sinceClaimMs: number;
  /** When the answer was asked for, ISO 8601 in UTC. */
  message: { createdAt: string };
}

/** What the job says of an attempt that somebody names. `over`: it is not under way. */
export interface FoundAttempt {
  attempt: AgentAttempt;
  over: boolean;
}

/**
 * Finds the attempt that an agent writes.
 *
 * @throws AppError TASK_NOT_FOUND for a task that is unknown, or of a room that the actor's key is not for; FORBIDDEN if its character is not
 * the actor's; ATTEMPT_OVER if another attempt has begun since
 */
export async function findAgentAttempt(
  { db }: Pick<CoreDeps, 'db'>,
  actor: Actor,
  operation: 'agents.write' | 'agents.done' | 'agents.fail',
  { id, attempt }: JobFence,
): Promise<FoundAttempt> {
  const [row] = await db.$queryRaw<(Omit<AgentAttempt, 'message'> & { createdAt: Instant; serves: boolean; state: string })[]>(Prisma.sql`
    select j.id, j.attempt, j.room_id as "roomId", j.kind = ${agentKinds.private_reply} as private, j.tries, j.request, j.state,
      floor(greatest(0, extract(epoch from clock_timestamp() - coalesce(j.claimed_at, j.created_at)) * 1000))::int as "sinceClaimMs",
      j.created_at as "createdAt", ${payer('j')} as "paidBy", json_build_object('id', ch.id, 'handle', ch.handle) as character,
      json_build_object('id', asker.id, 'name', asker.display_name, 'handle', asker.username, 'avatar', asker.avatar) as "askedBy",
      ${mayServe(operation)} as serves
    from jobs j join characters ch on ch.id = j.character_id join users asker on asker.id = j.asked_by join users u on u.id = ${actor.userId}::uuid
    where j.id = ${id}::uuid and j.kind = any(${Object.values(agentKinds)}::text[])`);
  if (!row || !isRoomOfKey(actor, row.roomId)) throw new AppError('TASK_NOT_FOUND');
  const { serves, state, createdAt, ...found } = row;
  if (!serves) throw new AppError('FORBIDDEN', notServed);
  if (row.attempt !== attempt) throw new AppError('ATTEMPT_OVER');
  return { attempt: { ...found, message: { createdAt: toIso(createdAt) } }, over: state !== 'streaming' };
}

/**
 * Keeps the task of an attempt for another lease.
 *
 * @returns whether somebody wants the answer stopped
 * @throws AppError ATTEMPT_OVER
 */
export async function keepAgentTask(deps: Pick<CoreDeps, 'db'>, attempt: AgentAttempt, claimant: Claimant): Promise<boolean> {
  const { fenced, stopRequestedBy } = await livesOf(attempt).renew(deps, attempt, claimant);
  if (fenced) throw new AppError('ATTEMPT_OVER');
  return stopRequestedBy !== null;
}

/** Gives a task back that nobody received: the next who asks is given it. */
export async function giveBackAgentTask(deps: CoreDeps, task: Pick<AgentTask, 'taskId' | 'attempt' | 'private'>): Promise<void> {
  await livesOf(task).handBack(deps, { id: task.taskId, attempt: task.attempt });
}

/** The life of the jobs that the attempt is of. */
function livesOf(attempt: Pick<AgentAttempt, 'private'>): typeof agentReplyJobs | typeof agentPrivateReplyJobs {
  return attempt.private ? agentPrivateReplyJobs : agentReplyJobs;
}
