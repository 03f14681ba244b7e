import { AppError, type MessageView } from '@parley/contracts';
import { Prisma } from '@parley/db';
import { activeActor } from '../sessions/active-actor.js';
import type { CoreDeps } from '../deps.js';
import { isOwn, type AuthorizedMessage } from '../access/authorized-message.js';
import { ensureMay } from '../access/ensure-may.js';
import { forgetQuestions } from '../jobs/job-statements.js';
import { forgetSummaries } from '../memory/room-summary.js';
import { messageJson } from '../protocol/message-rows.js';
import { changeMessages } from '../protocol/message-statements.js';
import { forgetEarlier } from '../protocol/receipt-statements.js';
import { announceChange, changedMessage, nextRev, whyUnchanged, type MessageChange } from './change-message.js';
import { jobsOfMessage } from './jobs-of-message.js';

/**
 * Keeps a message from all characters of the room, or lets them have it again. Its author may do this and moderators, of a reply the person
 * who asked for it and moderators; in an archived room too, because people may always take back what they said. A reply that is being
 * written has read what it has read; nothing that begins later is told of the message, and what characters remember of the room is made
 * anew without it. A question that was hidden is not answered again.
 *
 * @throws AppError MESSAGE_NOT_FOUND; FORBIDDEN, also for system lines, which no character is told of; MESSAGE_DELETED; CONFLICT
 */
export async function hideFromAi(deps: CoreDeps, message: AuthorizedMessage, { on }: { on: boolean }): Promise<MessageView> {
  if (message.kind === 'system') throw new AppError('FORBIDDEN', 'No character is told what happened in a room.');
  ensureMay(message.room, { own: isOwn(message) }, { notOwn: 'Only its author, or a moderator, can hide a message from the AI.' });
  const { id: messageId, room } = message;
  const { actor, roomId, membersRev } = room;
  const hidden = Prisma.sql`counter, found`;
  const [row] = await deps.db.$queryRaw<MessageChange[]>(Prisma.sql`
    with actor as (${activeActor(actor)}),
    job as (
      select j.id from jobs j, actor where j.id in (${jobsOfMessage(messageId)}) order by j.id for no key update of j
    ),
    found as (
      select m.id, m.room_id, m.seq, m.hidden_from_ai = ${on}::boolean as same, ${messageJson('m')} as json
      from messages m cross join actor cross join (select count(*) from job) locked_first
      where m.id = ${messageId}::uuid and m.room_id = ${roomId}::uuid and m.kind <> 'system' and m.deleted_at is null and m.hidden_at is null
      for no key update of m
    ),
    ${nextRev(membersRev)},
    unasked as (${forgetQuestions(
      Prisma.sql`counter, job`,
      Prisma.sql`${on}::boolean and j.id = job.id and job.id <> ${messageId}::uuid`,
    )}),
    ${forgetSummaries(hidden, Prisma.sql`found.room_id`, Prisma.sql`found.seq`)},
    forgotten as (${forgetEarlier(hidden, Prisma.sql`found.room_id`, Prisma.sql`found.seq`)}),
    changed as (${changeMessages({
      set: { hiddenFromAi: Prisma.sql`${on}::boolean` },
      from: Prisma.sql`found`,
      id: Prisma.sql`found.id`,
    })})
    ${changedMessage()}`);
  if (!row) throw await whyUnchanged(deps, room, messageId);
  return announceChange(deps, room, row);
}
