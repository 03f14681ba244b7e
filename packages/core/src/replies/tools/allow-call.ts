import { AppError, type MessageView, type PrivateReply, type ToolAnswer } from '@parley/contracts';
import { Prisma } from '@parley/db';
import { StaleMembershipError, type AuthorizedRoom } from '../../access/authorized-room.js';
import { ensureMay } from '../../access/ensure-may.js';
import type { RoomAccess } from '../../access/room-access.js';
import type { CoreDeps } from '../../deps.js';
import { privateReplyKinds, replyKinds } from '../../jobs/agent-kinds.js';
import { answerCall, findWaitingCall, withAnswer, type CallAnswer } from '../../jobs/answer-call.js';
import { hasAllPermissions, keepPermission } from '../../jobs/permission-statements.js';
import { waitKey, type ReplyStep, type ToolAnswers } from '../../jobs/reply-steps.js';
import { waitingJobs, wakeJobs, type WaitingJob } from '../../jobs/wake-job.js';
import { loadMessage } from '../../messages/load-message.js';
import { changeMessages } from '../../protocol/message-statements.js';
import { changePrivateReplies, writtenPrivately, type WrittenPrivateReply } from '../../protocol/private-reply-statements.js';
import { announceReply, lockMessageThenNumber, type WrittenReply } from '../../protocol/reply-statement.js';
import { activeActor } from '../../sessions/active-actor.js';
import type { Actor } from '../../sessions/actor.js';
import { loadPrivateReply } from '../load-private-reply.js';
import { tellAsker } from '../private-reply-sink.js';

export interface AllowInput {
  messageId: string;
  /** @default the attempt that waits */
  attempt?: number | undefined;
  callId: string;
  answer: ToolAnswer;
}

type Answered<Written> = Written & { waiting: WaitingJob[] | null };

/**
 * Says whether a call of a tool may be made that would change something. Only the one whom the call waits for can: whoever asked, or whoever
 * had the answer written again. With the last call that waits, the answer goes on. To say the same again changes nothing.
 *
 * @param input.answer `always` also allows all later calls of this tool, by this character, in this room, to the actor
 * @returns the message or the private reply afterwards
 * @throws AppError MESSAGE_NOT_FOUND; FORBIDDEN for a call that waits for somebody else; CONFLICT if something else was said before;
 *   CALL_NOT_WAITING; TOO_MANY_PERMISSIONS for `always`; ROOM_ARCHIVED
 * @throws StaleMembershipError
 */
export async function allowCall(
  deps: CoreDeps & { rooms: RoomAccess },
  actor: Actor,
  input: AllowInput,
): Promise<MessageView | PrivateReply> {
  const { messageId, callId, answer, attempt = null } = input;
  const said: CallAnswer = { callId, attempt, answer };
  const [own] = await deps.db.$queryRaw<{ roomId: string }[]>(Prisma.sql`
    select p.room_id as "roomId" from private_replies p where p.id = ${messageId}::uuid and p.user_id = ${actor.userId}::uuid`);
  return own
    ? await deps.rooms.run(actor, own.roomId, 'replies.allow', (room) => allowPrivately(deps, room, messageId, said))
    : await deps.rooms.runOfMessage(actor, messageId, 'replies.allow', ({ id, room }) => allowInRoom(deps, room, id, said));
}

async function allowInRoom(deps: CoreDeps, room: AuthorizedRoom, id: string, said: CallAnswer): Promise<MessageView> {
  ensureMay(room);
  const { actor, membersRev } = room;
  const [row] = await deps.db.$queryRaw<Answered<WrittenReply>[]>(Prisma.sql`
    with actor as (${activeActor(actor)}),
    ${findWaitingCall(id, said, Prisma.sql`and j.kind = any(${[...replyKinds]}::text[])`)},
    ${lockMessageThenNumber({ membersRev, guard: Prisma.sql`and ${mayStay(said)}` })},
    answered as (${answerCall(said, Prisma.sql`cross join counter`)}),
    remembered as (${keepPermission(said.answer === 'always')}),
    written as (${changeMessages({
      set: { reply: Prisma.sql`jsonb_set(m.reply, '{tools}', ${withAnswer(Prisma.sql`m.reply -> 'tools'`, said)})` },
      from: Prisma.sql`answered`,
      id: Prisma.sql`answered.id`,
    })})
    select written.json as message, counter.last_seq as seq, counter.last_rev as rev, ${waitingJobs('answered')} as waiting
    from written cross join counter`);
  if (!row) return (await sameAgain(deps, room, id, said)) ?? (await loadMessage(deps, id));
  wakeJobs(deps, row.waiting);
  return announceReply(deps, row);
}

async function allowPrivately(deps: CoreDeps, room: AuthorizedRoom, id: string, said: CallAnswer): Promise<PrivateReply> {
  ensureMay(room);
  const { actor, roomId, membersRev } = room;
  const guard = Prisma.sql`
    join room_counters c on c.room_id = ${roomId}::uuid and c.members_rev = ${membersRev}::int and ${mayStay(said)}`;
  const [row] = await deps.db.$queryRaw<Answered<WrittenPrivateReply>[]>(Prisma.sql`
    with actor as (${activeActor(actor)}),
    ${findWaitingCall(id, said, Prisma.sql`and j.kind = any(${[...privateReplyKinds]}::text[])`)},
    answered as (${answerCall(said, guard)}),
    remembered as (${keepPermission(said.answer === 'always')}),
    written as (${changePrivateReplies({ tools: withAnswer(Prisma.sql`p.tools`, said) }, Prisma.sql`answered`, Prisma.sql`p.id = answered.id`)})
    select ${writtenPrivately}, ${waitingJobs('answered')} as waiting from written`);
  if (!row) return (await sameAgain(deps, room, id, said)) ?? (await loadPrivateReply(deps, id));
  wakeJobs(deps, row.waiting);
  return tellAsker(deps, row);
}

/** A condition over `actor`: what is to be allowed always has a place. */
function mayStay({ answer }: CallAnswer): Prisma.Sql {
  return answer === 'always' ? Prisma.sql`not ${hasAllPermissions(Prisma.sql`(select actor.id from actor)`)}` : Prisma.sql`true`;
}

/**
 * Says why an answer was not taken.
 *
 * @returns null if the very same was said before
 * @throws AppError as {@link allowCall}
 */
async function sameAgain(
  { db }: Pick<CoreDeps, 'db'>,
  { actor }: AuthorizedRoom,
  id: string,
  { callId, attempt, answer }: CallAnswer,
): Promise<null> {
  const [job] = await db.$queryRaw<{ steps: ReplyStep[]; answers: ToolAnswers; done: boolean; full: boolean }[]>(Prisma.sql`
    select j.steps, j.answers, j.state = 'done' as done,
      ${hasAllPermissions(Prisma.sql`${actor.userId}::uuid`)} as full
    from jobs j where j.id = ${id}::uuid`);
  const calls = job?.done ? [] : (job?.steps.flatMap((step) => step.calls) ?? []);
  const waiting = calls.find(
    (call) => call.callId === callId && call.state === 'waiting' && (attempt === null || call.wait?.attempt === attempt),
  );
  const [, last] =
    Object.entries(job?.answers ?? {})
      .map(([key, value]) => [Number.parseInt(key, 10), key, value] as const)
      .filter(([of, key]) => key === waitKey(callId, { attempt: attempt ?? of }))
      .toSorted(([left], [right]) => right - left)
      .map(([of, , value]) => [of, value] as const)[0] ?? [];
  const open = waiting && !job!.answers[waitKey(callId, waiting.wait!)];
  // It has lapsed, also where no worker has taken the answer up since.
  if (open && Date.parse(waiting.wait!.until) <= Date.now()) throw new AppError('CALL_NOT_WAITING', undefined, { field: 'callId' });
  if (open && waiting.wait!.for !== actor.userId)
    throw new AppError('FORBIDDEN', 'Only the one whom the call waits for can allow it: whoever asked for the answer.');
  if (open && job!.full && answer === 'always') throw new AppError('TOO_MANY_PERMISSIONS');
  if (open) throw new StaleMembershipError();
  if (last && last.by !== actor.userId) throw new AppError('FORBIDDEN', 'Somebody else answered this call: it waited for them.');
  if (!last) throw new AppError('CALL_NOT_WAITING', undefined, { field: 'callId' });
  if (last.answer !== answer)
    throw new AppError('CONFLICT', `You said “${last.answer}” to this call before, and it stays at that.`, { field: 'answer' });
  return null;
}
