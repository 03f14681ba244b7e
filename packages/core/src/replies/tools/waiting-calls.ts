import { maxShownLength, type WaitingCall } from '@parley/contracts';
import { Prisma } from '@parley/db';
import type { RoomAccess } from '../../access/room-access.js';
import type { CoreDeps } from '../../deps.js';
import { waitKey, type ReplyStep, type ToolAnswers } from '../../jobs/reply-steps.js';
import { argumentsOf } from '../../prompts/tool-turns.js';
import type { Actor } from '../../sessions/actor.js';

/**
 * The calls of an answer that wait for the actor, with all that would be sent. Nobody else is told the arguments: for others of the room the
 * list is empty.
 *
 * @param input.messageId of the message, or of the actor's private reply
 * @throws AppError MESSAGE_NOT_FOUND
 */
export async function listWaitingCalls(
  deps: CoreDeps & { rooms: RoomAccess },
  actor: Actor,
  { messageId }: { messageId: string },
): Promise<WaitingCall[]> {
  const [own] = await deps.db.$queryRaw<{ roomId: string }[]>(Prisma.sql`
    select p.room_id as "roomId" from private_replies p where p.id = ${messageId}::uuid and p.user_id = ${actor.userId}::uuid`);
  const load = () => waitingCalls(deps, actor, messageId);
  return own
    ? await deps.rooms.run(actor, own.roomId, 'replies.calls', load)
    : await deps.rooms.runOfMessage(actor, messageId, 'replies.calls', load);
}

async function waitingCalls({ db }: Pick<CoreDeps, 'db'>, actor: Actor, id: string): Promise<WaitingCall[]> {
  const [job] = await db.$queryRaw<{ steps: ReplyStep[]; answers: ToolAnswers }[]>(Prisma.sql`
    select j.steps, j.answers from jobs j where j.id = ${id}::uuid and j.state <> 'done'`);
  return (job?.steps ?? []).flatMap(({ calls }) =>
    calls.flatMap(({ callId, tool, server, args, state, wait }) =>
      state !== 'waiting' || wait?.for !== actor.userId || Date.parse(wait.until) <= Date.now()
        ? []
        : {
            callId,
            attempt: wait.attempt,
            ...(server === undefined ? {} : { server }),
            tool,
            args: written(argumentsOf(args)),
            until: wait.until,
            answer: job!.answers[waitKey(callId, wait)]?.answer ?? null,
          },
    ),
  );
}

/** What is sent, to be read: on lines of their own, unless those are too long together. */
function written(args: Record<string, unknown>): string {
  const lines = escaped(JSON.stringify(args, null, 2));
  return lines.length > maxShownLength ? escaped(JSON.stringify(args)) : lines;
}

/** JSON in which a character that cannot be seen, looks like a space, or turns the direction of the text, is written as an escape. */
function escaped(json: string): string {
  return json.replaceAll(/(?! )[\p{Default_Ignorable_Code_Point}\p{Cf}\p{Co}\p{Cn}\p{Z}\u{7f}-\u{9f}\u{2800}]/gu, (char) =>
    char
      .split('')
      .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
      .join(''),
  );
}
