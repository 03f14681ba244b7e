import type { ReplyRequest } from '@parley/contracts';
import { Prisma } from '@parley/db';
import type { ReplyTask } from './claimed-reply.js';
import { payer } from './ai-budget.js';
import { aiPausedBy } from './job-statements.js';
import type { ClaimedJob } from './job.js';

/** The part of a claimed row that every kind of reply needs: the request, the character, and who asked. */
export interface AskedRow extends ClaimedJob {
  roomId: string;
  request: ReplyRequest;
  character: Omit<ReplyTask['character'], 'joinedSeq'>;
  joinedSeq: number | null;
  characterLeft: boolean;
  /** True if moderators paused the AI of the room. */
  aiPaused: boolean;
  askedBy: ReplyTask['askedBy'];
  paidBy: string;
  wish?: ReplyTask['wish'];
}

/** Columns of an {@link AskedRow} beside the job's own, with {@link askedSources}. */
/** The providers whose models may answer in the room of a job, as JSON; null for all: an expression. @param job alias of `jobs`; always a literal */
export function providersOf(job: string): Prisma.Sql {
  return Prisma.raw(`(select to_json(place.ai_providers) from rooms place where place.id = ${job}.room_id)`);
}

export const askedColumns = Prisma.sql`
  job.request,
  json_build_object('id', ch.id, 'name', ch.name, 'handle', ch.handle, 'systemPrompt', ch.system_prompt, 'model', ch.model,
    'temperature', ch.temperature, 'tools', ch.tools, 'providers', ${providersOf('job')}) as character,
  rc.joined_seq as "joinedSeq", ch.deleted_at is not null or rc.character_id is null or rc.left_rev is not null as "characterLeft",
  json_build_object('id', u.id, 'name', u.display_name, 'handle', u.username, 'avatar', u.avatar) as "askedBy", ${payer('job')} as "paidBy",
  ${aiPausedBy('job')} is not null as "aiPaused"`;

export const askedSources = Prisma.sql`
  join characters ch on ch.id = job.character_id
  join users u on u.id = job.asked_by
  left join room_characters rc on rc.room_id = job.room_id and rc.character_id = job.character_id`;

/** The part of a claim that {@link AskedRow} gives. */
export function askedOf(row: AskedRow): Omit<ReplyTask, 'message' | 'addressee' | 'onlyForAsker'> {
  const { id, attempt, roomId, tries, call, stopRequested, steps, answers, request, askedBy, paidBy, wish = null } = row;
  const model = request.retry?.model ?? request.model ?? row.character.model;
  const character = { ...row.character, model, joinedSeq: row.joinedSeq ?? 0 };
  return { id, attempt, roomId, tries, call, stopRequested, steps, answers, request, askedBy, paidBy, wish, character };
}
