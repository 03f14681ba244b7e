import { replyErrors, type ReplyErrorCode, type ReplyRequest } from '@parley/contracts';
import { isUniqueViolation, Prisma } from '@parley/db';
import type { CoreDeps } from '../deps.js';
import { toIso, type Instant } from '../protocol/instant.js';
import type { ClaimedPrivateReply, ReplyWorker } from '../jobs/claimed-reply.js';
import { finishPrivateReply } from './finish-private-reply.js';
import { fromNow } from '../protocol/reply-statement.js';

const defaultMaxTries = 5;

/**
 * Takes a private reply for this worker if it waits to be written, or if its lease lapsed by the database's clock. Of several who
 * claim at once one gets it. One person's are written one at a time.
 *
 * @returns null when it is not to be had: done, held by another, not due before a later time, unknown, behind another one of its
 *   asker; and when it cannot be written at all (its asker or its character has left the room, too many attempts ended badly), which
 *   ends it.
 */
export async function claimPrivateReply(deps: CoreDeps, id: string, worker: ReplyWorker): Promise<ClaimedPrivateReply | null> {
  const outcome = await claim(deps, worker, Prisma.sql`${claimable} and p.id = ${id}::uuid for no key update of p`);
  return outcome === 'none' ? null : outcome.claimed;
}

/** Claims what nobody was woken for, or what waited for another, at most `limit`. Rows another process is claiming are skipped. */
export async function sweepPrivateReplies(
  deps: CoreDeps,
  worker: ReplyWorker,
  { limit }: { limit: number },
): Promise<ClaimedPrivateReply[]> {
  const claims: ClaimedPrivateReply[] = [];
  while (claims.length < limit) {
    const outcome = await claim(deps, worker, Prisma.sql`${claimable} ${inOrder} limit 1 for no key update of p skip locked`);
    if (outcome === 'none') break;
    if (outcome.claimed) claims.push(outcome.claimed);
  }
  return claims;
}

/** As for replies in rooms, half a millisecond's rounding of stored instants is allowed for. */
const claimable = Prisma.sql`
  select p.id from private_replies p
  where p.status in ('queued', 'streaming') and p.available_at <= now() + interval '1 millisecond'
    and (p.status = 'streaming' and p.lease_until <= now()
      or p.status = 'queued' and not exists (
        select 1 from private_replies other where other.user_id = p.user_id and other.status = 'streaming'))`;

/** One whose worker died goes first, then what was asked for first. */
const inOrder = Prisma.sql`order by p.status = 'queued', least(p.available_at, p.created_at), p.id`;

interface Claim {
  id: string;
  roomId: string;
  request: ReplyRequest;
  attempt: number;
  tries: number;
  askedSeq: number;
  createdAt: Instant;
  correlationId: string | null;
  stopRequested: boolean;
  character: Omit<ClaimedPrivateReply['character'], 'joinedSeq'>;
  joinedSeq: number | null;
  characterLeft: boolean;
  askedBy: ClaimedPrivateReply['askedBy'];
  askerLeft: boolean;
}

async function claim(deps: CoreDeps, worker: ReplyWorker, pick: Prisma.Sql): Promise<'none' | { claimed: ClaimedPrivateReply | null }> {
  const row = await take(deps, worker, pick);
  if (!row) return 'none';
  const { id, character, joinedSeq, askedSeq, createdAt, characterLeft, askerLeft, ...rest } = row;
  const claimed: ClaimedPrivateReply = {
    ...rest,
    messageId: id,
    character: { ...character, joinedSeq: joinedSeq ?? 0 },
    calledBy: { type: 'user', name: row.askedBy.name, handle: row.askedBy.handle },
    message: { seq: askedSeq + 1, createdAt: toIso(createdAt) },
    onlyForAsker: true,
  };
  if (askerLeft) return await end(deps, claimed, null);
  if (row.stopRequested) return { claimed };
  if (characterLeft) return await end(deps, claimed, 'CHARACTER_GONE');
  if (row.tries >= (worker.maxTries ?? defaultMaxTries)) return await end(deps, claimed, 'TRIES_EXHAUSTED');
  return { claimed };
}

async function take({ db }: CoreDeps, worker: ReplyWorker, pick: Prisma.Sql): Promise<Claim | null> {
  try {
    const [row] = await db.$queryRaw<Claim[]>(Prisma.sql`
      with picked as (${pick}),
      claimed as (
        update private_replies p set status = 'streaming', attempt = p.attempt + 1,
          tries = p.tries + case p.status when 'streaming' then 1 else 0 end,
          lease_owner = ${worker.id}::text, lease_until = ${fromNow(worker.leaseMs)}
        from picked where p.id = picked.id
        returning p.*
      )
      select p.id, p.room_id as "roomId", p.request, p.attempt, p.tries, p.asked_seq as "askedSeq", p.created_at as "createdAt",
        p.correlation_id as "correlationId", p.stop_requested_at is not null as "stopRequested",
        json_build_object('id', c.id, 'name', c.name, 'handle', c.handle, 'systemPrompt', c.system_prompt, 'model', c.model,
          'temperature', c.temperature) as character,
        rc.joined_seq as "joinedSeq", c.deleted_at is not null or rc.character_id is null or rc.left_rev is not null as "characterLeft",
        json_build_object('id', u.id, 'name', u.display_name, 'handle', u.username) as "askedBy",
        u.disabled_at is not null or m.user_id is null or m.left_rev is not null as "askerLeft"
      from claimed p
        join characters c on c.id = p.character_id
        join users u on u.id = p.user_id
        left join room_members m on m.room_id = p.room_id and m.user_id = p.user_id
        left join room_characters rc on rc.room_id = p.room_id and rc.character_id = p.character_id`);
    return row ?? null;
  } catch (error) {
    // Another one of the same person was claimed at the same moment; when that ends, its worker looks again.
    if (isUniqueViolation(error, 'private_replies_streaming_key')) return null;
    throw error;
  }
}

/** Ends what no attempt could write: as failed, or, where its asker must see nothing of the room any more, as stopped. */
async function end(deps: CoreDeps, claimed: ClaimedPrivateReply, code: ReplyErrorCode | null): Promise<{ claimed: null }> {
  const error = code && { code, message: replyErrors[code] };
  await finishPrivateReply(deps, claimed, { status: code ? 'failed' : 'stopped', content: '', model: null, usage: null, error });
  return { claimed: null };
}
