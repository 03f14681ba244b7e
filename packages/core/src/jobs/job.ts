import { currentCall, type Call } from '@parley/bus';
import { Prisma } from '@parley/db';
import type { ReplyStep, ToolAnswers } from './reply-steps.js';

/** Names a kind of background work, in `jobs.kind`. Each kind has a sink ({@link JobSink}), in the folder of what it writes. */
export type JobKind = string;

/** The process that claims a job, and the limits of its claims. */
export interface Claimant {
  /** Names the process in `jobs.lease_owner`, for operators. */
  id: string;
  /** How long a claim or a renewal holds, by the database's clock. */
  leaseMs: number;
  /**
   * After so many attempts in a row that ended badly the job has failed; a lapsed lease counts as one.
   * @default 5
   */
  maxTries?: number;
  /** How many replies are written at once in one room, by all workers together. @default unbounded */
  maxPerRoom?: number;
  /** How many replies are written at once for one person, in all rooms together. @default unbounded */
  maxPerPerson?: number;
}

/** What every later write of an attempt must name. The write matches nothing if another attempt has begun or this one has ended. */
export interface JobFence {
  id: string;
  attempt: number;
}

/** The fence: a condition on `jobs j` that holds only while this attempt is under way. */
export function held({ id, attempt }: JobFence): Prisma.Sql {
  return Prisma.sql`j.id = ${id}::uuid and j.attempt = ${attempt}::int and j.state = 'streaming'`;
}

/** One attempt at a job, held by this process until its lease lapses. */
export interface ClaimedJob extends JobFence {
  /** Null for a job of no room. */
  roomId: string | null;
  /** Attempts before this one that ended badly, in a row. */
  tries: number;
  /** The call that caused the job, null if it is not known. The worker works on behalf of that call. */
  call: Call | null;
  /** True if somebody asked to stop the job before this attempt began: end it as stopped. */
  stopRequested: boolean;
  /** What earlier attempts finished, in order. */
  steps: ReplyStep[];
  /** What was said to calls that waited, of all attempts. @default nothing */
  answers?: ToolAnswers | undefined;
}

/** Columns of a {@link ClaimedJob}, of the CTE `job`. */
export const claimedColumns = Prisma.sql`
  job.id, job.attempt, job.room_id as "roomId", job.tries,
  case when job.correlation_id is not null then json_build_object('correlationId', job.correlation_id, 'traceparent', job.traceparent) end as call,
  job.stop_requested_at is not null as "stopRequested", job.steps, job.answers`;

/** Columns that name the call a job is for. */
export const callColumns = Prisma.sql`correlation_id, traceparent`;

/** Values of {@link callColumns}: of the call that this code runs for. */
export function callValues(): Prisma.Sql {
  const { correlationId = null, traceparent = null } = currentCall() ?? {};
  return Prisma.sql`${correlationId}::text, ${traceparent}::text`;
}

/** A moment `ms` milliseconds from now by the database's clock. */
export function fromNow(ms: number): Prisma.Sql {
  return Prisma.sql`(clock_timestamp() + ${ms}::float8 * interval '1 millisecond')`;
}

const separator = ':';

/**
 * The entry of the queue that wakes a worker for a job. For a reply it is the id alone, as earlier versions write it; for any other
 * kind, the kind stands before the id.
 */
export function wakeUpOf(kind: JobKind, id: string): string {
  return kind === 'reply' ? id : `${kind}${separator}${id}`;
}

/** The job that an entry of the queue is for. This process may not know the `kind`, if a newer version wrote the entry. */
export function jobOfWakeUp(entry: string): { kind: string; id: string } {
  const at = entry.indexOf(separator);
  if (at === -1) return { kind: 'reply', id: entry };
  const kind = entry.slice(0, at);
  // Earlier versions call a private reply `private`.
  return { kind: kind === 'private' ? 'private_reply' : kind, id: entry.slice(at + 1) };
}
