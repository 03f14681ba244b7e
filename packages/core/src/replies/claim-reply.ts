import { replyErrors, type ReplyErrorCode, type ReplyRequest } from '@parley/contracts';
import { Prisma } from '@parley/db';
import type { CoreDeps } from '../deps.js';
import { instantNow } from '../protocol/instant.js';
import { changeMessages } from '../protocol/message-statements.js';
import { standsAlone } from '../jobs/stands-alone.js';
import type { ClaimedReply, ReplyWorker } from '../jobs/claimed-reply.js';
import { finishReply } from './finish-reply.js';
import { byTurns, isPlaceTaken, pickFrom, placesOf } from './reply-turns.js';
import { announceReply, fromNow, lockMessageThenNumber, type WrittenReply } from '../protocol/reply-statement.js';

const defaultMaxTries = 5;

/**
 * Takes a reply for this worker if it waits to be written, or if its lease lapsed by the database's clock. Of several who
 * claim at once one gets it. The room is told that it is streaming.
 *
 * @returns null when it is not to be had: done, held by another, not due before a later time, unknown, or without a free place
 *   within the worker's bounds; and when it cannot be written at all (its character has left, the message it answers was deleted,
 *   the account of whoever asked is disabled, too many attempts ended badly), which ends it as failed.
 */
export async function claimReply(deps: CoreDeps, messageId: string, worker: ReplyWorker): Promise<ClaimedReply | null> {
  const outcome = await claim(deps, worker, Prisma.sql`${pickFrom(worker)} and j.message_id = ${messageId}::uuid for no key update of j`);
  return outcome === 'none' ? null : outcome.claimed;
}

/**
 * For a worker that was woken for a reply: claims whichever reply of that room has its turn, which is that one unless others
 * wait. A wake-up says that there is work, not whose.
 */
export async function claimNext(deps: CoreDeps, messageId: string, worker: ReplyWorker): Promise<ClaimedReply | null> {
  const pick = Prisma.sql`${pickFrom(worker)}
    and j.room_id = (select woken.room_id from reply_jobs woken where woken.message_id = ${messageId}::uuid)
    ${byTurns} limit 1 for no key update of j skip locked`;
  for (;;) {
    const outcome = await claim(deps, worker, pick);
    if (outcome === 'none') return null;
    if (outcome.claimed) return outcome.claimed;
  }
}

/**
 * Claims what nobody was woken for, or what had no free place until now, by turns, at most `limit`. Each claim is a statement of
 * its own, so that no process holds two rooms' counters. Rows another process is claiming are skipped.
 */
export async function sweepReplies(deps: CoreDeps, worker: ReplyWorker, { limit }: { limit: number }): Promise<ClaimedReply[]> {
  const claims: ClaimedReply[] = [];
  while (claims.length < limit) {
    const outcome = await claim(deps, worker, Prisma.sql`${pickFrom(worker)} ${byTurns} limit 1 for no key update of j skip locked`);
    if (outcome === 'none') break;
    if (outcome.claimed) claims.push(outcome.claimed);
  }
  return claims;
}

interface Claim extends WrittenReply {
  request: ReplyRequest;
  tries: number;
  stopRequested: boolean;
  character: Omit<ClaimedReply['character'], 'joinedSeq'>;
  joinedSeq: number | null;
  characterLeft: boolean;
  askedBy: ClaimedReply['askedBy'];
  calledBy: ClaimedReply['calledBy'];
  questionDeleted: boolean;
  askerGone: boolean;
}

/** Places are taken from a snapshot, so that claims at once may choose the same one: all but the first choose again. */
const maxChoices = 8;

async function claim(deps: CoreDeps, worker: ReplyWorker, pick: Prisma.Sql): Promise<'none' | { claimed: ClaimedReply | null }> {
  for (let choice = 1; ; choice++) {
    try {
      return await claimOnce(deps, worker, pick);
    } catch (error) {
      if (!isPlaceTaken(error)) throw error;
      // Whoever holds the places frees them, and looks for the next one then.
      if (choice === maxChoices) return 'none';
    }
  }
}

async function claimOnce(deps: CoreDeps, worker: ReplyWorker, pick: Prisma.Sql): Promise<'none' | { claimed: ClaimedReply | null }> {
  const [row] = await deps.db.$queryRaw<Claim[]>(Prisma.sql`
    with picked as (${pick}),
    job as (
      update reply_jobs j set state = 'streaming', attempt = j.attempt + 1,
        tries = j.tries + case j.state when 'streaming' then 1 else 0 end,
        lease_owner = ${worker.id}::text, lease_until = ${fromNow(worker.leaseMs)}, claimed_at = clock_timestamp(),
        ${placesOf(worker)}
      from picked where j.message_id = picked.message_id
      returning j.*
    ),
    ${lockMessageThenNumber()},
    started as (${changeMessages({
      set: {
        status: Prisma.sql`'streaming'`,
        attempt: Prisma.sql`job.attempt`,
        content: Prisma.sql`''`,
        error: Prisma.sql`null`,
        reply: Prisma.sql`m.reply || jsonb_build_object('startedAt', ${instantNow}, 'finishedAt', null, 'stoppedBy', null, 'usage', null)`,
      },
      from: Prisma.sql`job`,
      id: Prisma.sql`job.message_id`,
    })})
    select started.json as message, counter.last_seq as seq, counter.last_rev as rev, j.correlation_id as "correlationId", j.request, j.tries,
      j.stop_requested_at is not null as "stopRequested",
      json_build_object('id', c.id, 'name', c.name, 'handle', c.handle, 'systemPrompt', c.system_prompt, 'model', c.model,
        'temperature', c.temperature) as character,
      rc.joined_seq as "joinedSeq", c.deleted_at is not null or rc.character_id is null or rc.left_rev is not null as "characterLeft",
      json_build_object('id', u.id, 'name', u.display_name, 'handle', u.username) as "askedBy",
      json_build_object('type', coalesce(called.author_type, 'user'), 'name', coalesce(called.author_name, u.display_name),
        'handle', coalesce(called.author_handle, u.username)) as "calledBy",
      called.deleted_at is not null and not ${standsAlone} as "questionDeleted",
      u.disabled_at is not null as "askerGone"
    from started, counter, job j
      join characters c on c.id = j.character_id
      join users u on u.id = j.asked_by
      left join messages called on called.id = (j.request -> 'trigger' ->> 'messageId')::uuid
      left join room_characters rc on rc.room_id = j.room_id and rc.character_id = j.character_id`);
  if (!row) return 'none';

  const message = announceReply(deps, row);
  const claimed: ClaimedReply = {
    messageId: message.id,
    roomId: message.roomId,
    character: { ...row.character, joinedSeq: row.joinedSeq ?? 0 },
    askedBy: row.askedBy,
    calledBy: row.calledBy,
    request: row.request,
    attempt: message.attempt,
    tries: row.tries,
    message,
    correlationId: row.correlationId,
    stopRequested: row.stopRequested,
  };
  if (row.stopRequested) return { claimed };
  if (row.characterLeft) return fail(deps, claimed, 'CHARACTER_GONE');
  if (row.questionDeleted) return fail(deps, claimed, 'QUESTION_DELETED');
  if (row.askerGone) return fail(deps, claimed, 'ASKER_GONE');
  if (row.tries >= (worker.maxTries ?? defaultMaxTries)) return fail(deps, claimed, 'TRIES_EXHAUSTED');
  return { claimed };
}

/** Ends in the room what no attempt could write, so that it neither waits for ever nor goes round. */
async function fail(deps: CoreDeps, claimed: ClaimedReply, code: ReplyErrorCode): Promise<{ claimed: null }> {
  await finishReply(deps, claimed, {
    status: 'failed',
    content: '',
    model: null,
    usage: null,
    error: { code, message: replyErrors[code] },
    stoppedBy: null,
  });
  return { claimed: null };
}
