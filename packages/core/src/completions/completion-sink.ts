import { channels, replyErrors, type ReplyErrorCode } from '@parley/contracts';
import { Prisma } from '@parley/db';
import { payer } from '../jobs/ai-budget.js';
import { JobLife } from '../jobs/job-life.js';
import type { AttemptCost, JobSink } from '../jobs/job-sink.js';
import { accountClosed } from '../sessions/standing-session.js';
import { completionKind, type ClaimedCompletion, type CompletionRequest, type CompletionResult } from './completion.js';

/** How an attempt at a completion ended. */
export interface CompletionEnd extends AttemptCost {
  result: CompletionResult;
}

interface CompletionRow extends Omit<ClaimedCompletion, 'request'> {
  request: CompletionRequest;
  characterGone: boolean;
  askerGone: boolean;
}

interface Written {
  id: string;
  attempt: number;
  over: boolean;
}

const written = Prisma.sql`written as (select job.id as "writtenId" from job)`;
const columns = Prisma.sql`job.id, job.attempt, job.state = 'done' as over`;

/**
 * Completions: what a character says to messages that a caller gives. They are of no room. The end takes the place of the messages in the
 * job's row, and goes with the row once the caller has it.
 */
const completionSink: JobSink<CompletionRow, ClaimedCompletion, CompletionEnd, Written, true> = {
  kind: completionKind,
  wakes: 'job',
  // The caller takes the row at once; one that is left has a caller who died.
  keptDays: 1,
  withdrawn: Prisma.sql`false`,
  places: ({ maxPerPerson }) => ({ perRoom: undefined, perPerson: maxPerPerson }),

  claim: {
    ctes: written,
    columns: Prisma.sql`
      false as over, job.request, ${payer('job')} as "paidBy", ch.deleted_at is not null as "characterGone", ${accountClosed} as "askerGone",
      json_build_object('id', ch.id, 'name', ch.name, 'handle', ch.handle, 'systemPrompt', ch.system_prompt, 'model', ch.model,
        'temperature', ch.temperature) as character,
      json_build_object('id', u.id, 'name', u.display_name, 'handle', u.username, 'avatar', u.avatar) as "askedBy"`,
    joins: Prisma.sql`join characters ch on ch.id = job.character_id join users u on u.id = job.asked_by`,
  },

  claimOf({ bus }, row) {
    const { id, attempt, roomId, tries, call, stopRequested, steps, character, request, askedBy, paidBy } = row;
    bus.publish(channels.completion(id), { deltas: [{ messageId: id, attempt, offset: 0, text: '' }] });
    return { id, attempt, roomId, tries, call, stopRequested, steps, character, request, askedBy, paidBy };
  },

  refuse({ characterGone, askerGone, stopRequested }, exhausted) {
    if (stopRequested) return stoppedEnd;
    if (characterGone) return refusal('CHARACTER_GONE', 'The character was deleted.');
    if (askerGone) return refusal('ASKER_GONE');
    return exhausted ? refusal('TRIES_EXHAUSTED', 'The call failed several times.') : null;
  },

  end({ result }) {
    return { own: Prisma.sql`, request = ${JSON.stringify(result)}::jsonb`, ctes: written, columns };
  },

  requeue() {
    const stopped = JSON.stringify(stoppedEnd.result);
    const own = Prisma.sql`, request = case when j.stop_requested_at is null then j.request else ${stopped}::jsonb end`;
    return { own, ctes: written, columns };
  },

  announce({ bus }, { id, over }) {
    if (over) bus.publish(channels.completion(id), { deltas: [], ended: true });
    return true;
  },
};

export const completionJobs = new JobLife(completionSink);

/** Nobody reads it: who had it stopped waits no more. */
const stoppedEnd = refusal('INTERNAL', 'The call was stopped.');

function refusal(code: ReplyErrorCode, message: string = replyErrors[code]): CompletionEnd {
  return { usage: null, result: { text: '', end: { type: 'failed', code, message } } };
}
