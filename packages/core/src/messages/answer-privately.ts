import { AppError, isOfDays, type PrivateReply, type ReplyRequest } from '@parley/contracts';
import { isDeepStrictEqual } from 'node:util';
import { Prisma } from '@parley/db';
import { v7 as uuidv7 } from 'uuid';
import { activeActor } from '../sessions/active-actor.js';
import type { CoreDeps } from '../deps.js';
import { refusalBy, StaleMembershipError, unchanged, type AuthorizedRoom } from '../access/authorized-room.js';
import { publishInbox } from '../protocol/publish-membership.js';
import { nothingUnread } from '../prompts/catch-up-words.js';
import { commandAnswers } from '../generated/commands.js';
import type { ActInRoom, CommandAnswer } from './command-answer.js';
import { answeredOutside } from '../protocol/answered-outside.js';
import { findPrivateReply } from './find-private-reply.js';
import type { PlannedRequest, PrivateCommand } from './plan-message.js';
import { kindOfReply } from '../jobs/agent-kinds.js';
import { waitingJobs, wakeJobs, type WaitingJob } from '../jobs/wake-job.js';
import { insertJobs, sinceLastRead } from '../jobs/job-statements.js';
import { insertPrivateReply } from '../protocol/private-reply-statements.js';
import { privateReplyView, type PrivateReplyRow } from '../protocol/private-reply-view.js';
import { countHiddenUnread, loadUnreadRooms, withUnreadRooms } from './unread-rooms.js';

export interface PrivateCall {
  /** The asker's own id for the call: a repeat returns the first answer. @default a new one */
  clientId?: string;
  /** Does what the command does. @default a command that acts is no command of this call's */
  act?: ActInRoom | undefined;
  /** The message that the call answers. @default none */
  replyTo?: string | null;
}

/**
 * Answers one person, on all their connections. The answer is kept with the person's private replies and is no part of the room: it
 * takes no seq and no rev. If a character is to answer, the answer is begun here and a worker writes it. A repeat with the same
 * `clientId` returns the first answer as it is now, and writes and publishes nothing.
 *
 * @throws AppError CLIENT_ID_REUSED (same `clientId`, another command, or a message)
 * @throws StaleMembershipError
 */
export async function answerPrivately(
  deps: CoreDeps,
  room: AuthorizedRoom,
  command: PrivateCommand,
  { clientId = uuidv7(), act, replyTo = null }: PrivateCall = {},
): Promise<PrivateReply> {
  if ('request' in command) return await write(deps, room, command, { clientId, content: await knownAnswer(deps, room, command.request) });
  const { acts, answer } = answerOf(command.name);
  if (!acts) return await write(deps, room, command, { clientId, content: await answer(deps, room, command.args, noActs, replyTo) });
  if (!act) return await noActs();
  // A repeat acts no second time.
  const first = await firstPrivate(deps, room, clientId, null);
  if (first) return first;
  const content = await answer(deps, room, command.args, act, replyTo);
  // What was done may have changed who is in the room, so `room` may be old by now.
  return await act('messages.send', (now) => write(deps, now, command, { clientId, content }));
}

/** What a catch-up says where there is nothing to read, so that no model is asked; empty for what a character is to answer. */
async function knownAnswer(deps: Pick<CoreDeps, 'db'>, { actor }: AuthorizedRoom, { scope }: PlannedRequest): Promise<string> {
  if (scope?.kind !== 'rooms') return '';
  const { rooms, leftOut } = await loadUnreadRooms(deps, actor);
  return rooms.length === 0 ? nothingUnread(leftOut, await countHiddenUnread(deps, actor)) : '';
}

const noActs = (): Promise<never> => Promise.reject(new TypeError('nothing lets this command act'));

async function write(
  deps: CoreDeps,
  room: AuthorizedRoom,
  command: PrivateCommand,
  { clientId, content }: { clientId: string; content: string },
): Promise<PrivateReply> {
  const id = uuidv7();
  const asked = 'request' in command ? command.request : null;
  const written = await insert(deps, room, {
    id,
    clientId,
    // No message called the character, so the private reply's id takes the place of a message's.
    request: asked && { ...asked, trigger: { kind: asked.trigger, messageId: id } },
    characterId: 'request' in command ? command.characterId : null,
    content,
  });
  if (!written) return await firstOf(deps, room, clientId, asked);
  const reply = privateReplyView(written.reply);
  publishInbox(deps, room.actor.userId, { type: 'privateReply', reply });
  wakeJobs(deps, written.waiting);
  return reply;
}

interface Planned {
  id: string;
  clientId: string;
  request: ReplyRequest | null;
  characterId: string | null;
  /** Empty where a character is to answer. */
  content: string;
}

/** Null if nothing was written: the call is a repeat, or `membersRev` is old. */
async function insert(
  { db }: Pick<CoreDeps, 'db'>,
  { roomId, actor, membersRev }: AuthorizedRoom,
  { id, clientId, request, characterId, content }: Planned,
): Promise<{ reply: PrivateReplyRow; waiting: WaitingJob[] | null } | null> {
  const [row] = await db.$queryRaw<{ reply: PrivateReplyRow; waiting: WaitingJob[] | null }[]>(Prisma.sql`
    with actor as (${activeActor(actor)}),
    asked as (select ${request && JSON.stringify(request)}::jsonb as request),
    written as (${insertPrivateReply(
      {
        id: Prisma.sql`${id}::uuid`,
        user: Prisma.sql`actor.id`,
        room: Prisma.sql`m.room_id`,
        content: Prisma.sql`${content}::text`,
        status: Prisma.sql`case when asked.request is null or ${content}::text <> '' then 'complete' else 'queued' end`,
        clientId: Prisma.sql`${clientId}::uuid`,
        request: withUnreadRooms(request, sinceLastRead('asked', 'm'), actor),
        character: Prisma.sql`${characterId}::uuid`,
        askedSeq: Prisma.sql`c.last_seq`,
      },
      Prisma.sql`actor, asked, room_members m join room_counters c on c.room_id = m.room_id and c.members_rev = ${membersRev}::int
        where m.room_id = ${roomId}::uuid and m.user_id = ${actor.userId}::uuid and m.left_rev is null
          ${
            request?.scope?.kind === 'rooms'
              ? // An agent is told nothing of other rooms, also if the character has just become one.
                Prisma.sql`and not exists (select 1 from characters served where served.id = ${characterId}::uuid and ${answeredOutside('served')})`
              : Prisma.empty
          }
          and not exists (
            select 1 from messages s where s.room_id = ${roomId}::uuid and s.author_id = ${actor.userId}::uuid and s.client_id = ${clientId}::uuid
          )`,
    )}),
    job as (${insertJobs(
      {
        kind: kindOfReply('private_reply', Prisma.sql`written.character_id`),
        id: Prisma.sql`written.id`,
        room: Prisma.sql`written.room_id`,
        character: Prisma.sql`written.character_id`,
        askedBy: Prisma.sql`written."userId"`,
        request: Prisma.sql`written.request`,
      },
      Prisma.sql`written where written.request is not null and ${content}::text = ''`,
    )})
    select written.reply, ${waitingJobs('job')} as waiting from written`);
  return row ?? null;
}

async function firstOf(
  deps: Pick<CoreDeps, 'db'>,
  room: AuthorizedRoom,
  clientId: string,
  asked: PlannedRequest | null,
): Promise<PrivateReply> {
  const { userId } = room.actor;
  const first = await firstPrivate(deps, room, clientId, asked);
  if (first) return first;
  const [posted] = await deps.db.$queryRaw<object[]>(Prisma.sql`
    select 1 from messages where room_id = ${room.roomId}::uuid and author_id = ${userId}::uuid and client_id = ${clientId}::uuid`);
  throw posted ? refusalBy(room, new AppError('CLIENT_ID_REUSED')) : new StaleMembershipError();
}

/**
 * The answer to an earlier call with this `clientId`, or null.
 *
 * @param asked null if no character answers
 * @throws AppError CLIENT_ID_REUSED
 */
export async function firstPrivate(
  deps: Pick<CoreDeps, 'db'>,
  room: AuthorizedRoom,
  clientId: string,
  asked: PlannedRequest | null,
): Promise<PrivateReply | null> {
  const first = await findPrivateReply(deps, room.roomId, room.actor.userId, clientId);
  if (first && !isDeepStrictEqual(composed(first.request && asPlanned(first.request)), composed(asked && comparable(asked)))) {
    throw refusalBy(room, new AppError('CLIENT_ID_REUSED'));
  }
  // As with a message, only somebody who is still in the room may read what the answer says by now.
  return first && unchanged(room, first.reply);
}

/**
 * The parts of a request that a repeat has in common with the first call. Where the asker had read to, and in which rooms, is not among them, nor the time zone,
 * of which an older process knows nothing.
 */
function comparable({ trigger, question, scope, data }: PlannedRequest): object {
  return {
    trigger,
    question,
    scope: scope && (scope.kind === 'unread' || scope.kind === 'rooms' || isOfDays(scope)) ? { kind: scope.kind } : scope,
    data,
  };
}

/** With its accents in one form: a program that repeats a call may write them in another. */
function composed(request: object | null): unknown {
  return JSON.parse(JSON.stringify(request).normalize('NFC'));
}

function asPlanned({ trigger, ...request }: ReplyRequest): object {
  return comparable({ standalone: false, ...request, trigger: trigger.kind });
}

function answerOf(name: string): CommandAnswer {
  const found = Object.values<CommandAnswer>(commandAnswers).find(({ command }) => command === name);
  if (!found) throw new Error(`nothing in core answers /${name}`);
  return found;
}
