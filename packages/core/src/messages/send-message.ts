import { AppError, isBot, isMaskOf, maxCallsPerMessage, type MessageView, type ReplyRequest } from '@parley/contracts';
import { indexWordsInSteps } from '@parley/contracts/search';
import { isUniqueViolation, Prisma } from '@parley/db';
import { v7 as uuidv7 } from 'uuid';
import { activeActor } from '../sessions/active-actor.js';
import type { CoreDeps } from '../deps.js';
import { numbersOf, takeNumbers } from '../protocol/counter-statements.js';
import { instantNow } from '../protocol/instant.js';
import { insertMentions } from '../protocol/mention-statements.js';
import { changeOwn } from '../protocol/member-statements.js';
import { readInTurns } from '../protocol/long-text.js';
import { askedCharacter, insertMessages, textColumns } from '../protocol/message-statements.js';
import { kindOfReply } from '../jobs/agent-kinds.js';
import { waitingJobs, wakeJobs, type WaitingJob } from '../jobs/wake-job.js';
import { insertJobs, sinceLastRead } from '../jobs/job-statements.js';
import { refusalBy, StaleMembershipError, unchanged, type AuthorizedRoom } from '../access/authorized-room.js';
import { ensureMay } from '../access/ensure-may.js';
import { accountOpen } from '../sessions/standing-session.js';
import { prepared } from '../protocol/prepared.js';
import { raisingIn, wakeWebhooks } from '../webhooks/raise-events.js';
import { publishRoomEvents } from '../protocol/publish-room-events.js';
import { findSentMessage, type SentMessage } from './find-sent-message.js';
import { announceMentions, handlesOf, mentionsOf } from './mention-statement.js';
import { messageView, type MessageRow } from '../protocol/message-rows.js';
import { blanked, hiddenByServer, putAside } from './hidden-texts.js';
import { ambientKind, ambientRequest } from '../jobs/ambient.js';
import type { PlannedAmbient, PlannedReply, PostPlan } from './plan-message.js';

export interface SendMessageInput {
  /** The sender's own id for this message: a repeat of the call returns the first message. */
  clientId: string;
  content: string;
  /** Id of a message of the same room. */
  replyTo?: string | null | undefined;
}

/** A message whose text is read: see `planMessage`. */
export interface PlannedMessage extends SendMessageInput {
  plan: PostPlan;
  /** True if nobody but moderators is to see it, because a moderation webhook said so. It calls nobody then. @default false */
  hidden?: boolean;
}

/** It may be another character's turn by now; nothing was written. */
export class TurnPassedError extends Error {
  override readonly name = 'TurnPassedError';
}

/**
 * Posts a message, with the replies it calls for, in one statement; nothing after the commit can fail the call.
 *
 * - A repeat with the same `clientId` returns the first message and its replies as they are now, and writes and publishes nothing.
 * - The message takes `seq` n, its replies n + 1 …; a call that fails takes no number.
 *
 * @throws AppError ROOM_ARCHIVED, MESSAGE_NOT_FOUND (`replyTo`), CLIENT_ID_REUSED (same `clientId`, other content or `replyTo`)
 * @throws StaleMembershipError when membership changed since `room` was authorised
 * @throws TurnPassedError when something was said since the plan found whose turn it is
 */
export async function sendMessage(deps: CoreDeps, room: AuthorizedRoom, input: PlannedMessage): Promise<SentMessage> {
  // A repeat of an earlier send is answered in an archived room too.
  if (room.archived) {
    const first = await firstSent(deps, room, input);
    if (first) return first;
  }
  ensureMay(room);

  const written = await insert(deps, room, input).catch((error: unknown) => {
    // A concurrent call with the same clientId came first and has committed by now.
    if (isUniqueViolation(error, 'messages_room_id_author_id_client_id_key')) return null;
    throw error;
  });
  if (!written) return (await firstSent(deps, room, input)) ?? refuse(await whyRefused(deps, room, input));

  const message = messageView(written.message);
  const replies = written.replies.map(messageView);
  announce(deps, room, { message, replies }, { seq: written.seq, rev: written.rev });
  wakeJobs(deps, written.waiting);
  wakeWebhooks(deps, written.webhooks);
  return { message, replies };
}

interface Written {
  message: MessageRow;
  replies: MessageRow[];
  waiting: WaitingJob[] | null;
  seq: number;
  rev: number;
  /** Ids of the jobs of webhooks. */
  webhooks: string[] | null;
}

/** Writes all in one statement. If one of its conditions does not hold, nothing is written and null is returned. */
async function insert(
  { db }: Pick<CoreDeps, 'db'>,
  { roomId, actor, membersRev, hooked }: AuthorizedRoom,
  { clientId, content, replyTo = null, plan, hidden = false }: PlannedMessage,
): Promise<Written | null> {
  const { userId, sessionId } = actor;
  const id = uuidv7();
  const words = await readInTurns(content, indexWordsInSteps);
  const values = {
    id,
    roomId,
    userId,
    sessionId,
    membersRev,
    clientId,
    content,
    words,
    replyTo,
    handles: handlesOf(plan.mentions),
    commandBot: plan.commandBot ?? null,
  };
  const statement = hidden
    ? composed(values, { mentions: false, replies: [], ambient: [], hooked, hidden })
    : insertion(values, plan, hooked);
  const [row] = await db.$queryRaw<Written[]>(statement);
  return row ?? null;
}

interface Values {
  id: string;
  roomId: string;
  userId: string;
  sessionId: string;
  membersRev: number;
  clientId: string;
  content: string;
  words: string;
  replyTo: string | null;
  /** See {@link handlesOf}. */
  handles: string;
  /** The id of the bot whose command the text is, which is mentioned then. */
  commandBot: string | null;
}

/** The statement's text depends only on whether there are mentions, replies and webhooks, so that a connection prepares few statements. */
function insertion(values: Values, plan: PostPlan, hooked: boolean): Prisma.Sql {
  const mentions = plan.mentions.length > 0;
  const ambient = plan.ambient ?? [];
  if (plan.replies.length > 0 || ambient.length > 0)
    return composed(values, { mentions, replies: plan.replies, ambient, hooked, turnAsOf: turnAsOf(plan) });
  const { plain, mentioning } = hooked ? insertHooked : insertUnhooked;
  return (mentions ? mentioning : plain)(values);
}

const insertUnhooked = preparedInsert(false);
const insertHooked = preparedInsert(true);

function preparedInsert(hooked: boolean) {
  const insert = (mentions: boolean) => prepared<Values>((values) => composed(values, { mentions, replies: [], ambient: [], hooked }));
  return { plain: insert(false), mentioning: insert(true) };
}

interface Shape {
  mentions: boolean;
  replies: PlannedReply[];
  ambient: readonly PlannedAmbient[];
  /** Whether webhooks hear of the room. */
  hooked: boolean;
  /** The room's `last_seq` for which the plan holds. @default it holds whatever was said */
  turnAsOf?: number | null;
  /** Whether its text is put aside. @default false */
  hidden?: boolean;
}

/** The `last_seq` for which a plan has found whose turn it is; null where no turn is taken, or only one character has turns. */
function turnAsOf({ replies, turn }: PostPlan): number | null {
  return turn && replies.some(({ trigger }) => trigger === 'turn') ? turn.asOf : null;
}

function composed(values: Values, { mentions, replies, ambient, hooked, turnAsOf: asOf = null, hidden = false }: Shape): Prisma.Sql {
  const { id, roomId, userId, membersRev, clientId, content, words, replyTo } = values;
  const mentioned = mentions ? mentionsOf(roomId, values.handles) : null;
  const asked = replies.length > 0 ? repliesOf(userId, id, replies) : null;
  const sent = { subject: Prisma.sql`message.id`, from: Prisma.sql`message` };
  const raising = raisingIn({ hooked }, [
    { event: 'message.created', ...sent },
    ...(mentions ? [{ event: 'mention' as const, ...sent, mentions: Prisma.sql`(message.json -> 'mentions')::jsonb` }] : []),
  ]);
  return Prisma.sql`
    with actor as (${activeActor(values)}),
    me as (
      select actor.display_name, actor.username, actor.avatar, m.last_read_seq
      from actor, room_members m
      where m.room_id = ${roomId}::uuid and m.user_id = ${userId}::uuid and m.left_rev is null
      for no key update of m
    ),
    ${takeNumbers({
      room: Prisma.sql`${roomId}::uuid`,
      from: Prisma.sql`me`,
      messages: 1 + replies.length,
      membersRev,
      guard: Prisma.sql`
        and not exists (
          select 1 from messages p
          where p.room_id = ${roomId}::uuid and p.author_id = ${userId}::uuid and p.client_id = ${clientId}::uuid
        )
        and (${replyTo}::uuid is null or exists (select 1 from messages p where p.id = ${replyTo}::uuid and p.room_id = ${roomId}::uuid))
        ${asOf === null ? Prisma.empty : Prisma.sql`and c.last_seq = ${asOf}::int`}
        ${raising.guard}`,
    })},
    ${mentioned ? Prisma.sql`${mentioned.table},` : Prisma.empty}
    message as (${insertMessages(
      {
        id: Prisma.sql`${id}::uuid`,
        room: Prisma.sql`counter.room_id`,
        ...numbersOf('counter', replies.length),
        kind: 'text',
        author: {
          type: 'user',
          id: Prisma.sql`${userId}::uuid`,
          name: Prisma.sql`me.display_name`,
          handle: Prisma.sql`me.username`,
          avatar: Prisma.sql`me.avatar`,
        },
        replyTo: Prisma.sql`${replyTo}::uuid`,
        clientId: Prisma.sql`${clientId}::uuid`,
        ...(mentioned && { commandBot: Prisma.sql`${values.commandBot}::uuid` }),
        values: hidden ? blanked : { ...textColumns(content, words), ...(mentioned && { mentions: mentioned.ids }) },
      },
      Prisma.sql`counter cross join me`,
    )}),
    ${mentioned ? rememberMentions(userId) : Prisma.empty}
    ${hidden ? puttingAside(values) : Prisma.empty}
    ${asked?.tables ?? Prisma.empty}
    ${ambient.length > 0 ? considering(userId, id, ambient) : Prisma.empty}
    own as (${changeOwn({
      // A person has seen what stands above their message. A bot says itself what it is done with, and goes on there after its process died.
      set: { lastReadSeq: Prisma.sql`case when me.avatar->>'glyph' is null then message.seq else m.last_read_seq end` },
      from: Prisma.sql`message cross join me`,
      room: Prisma.sql`${roomId}::uuid`,
      user: Prisma.sql`${userId}::uuid`,
    })})
    ${raising.ctes}
    select message.json as message, ${asked?.rows ?? Prisma.sql`'[]'::json as replies, ${ambient.length > 0 ? waitingJobs('considered') : Prisma.sql`null::json`} as waiting`}, counter.last_seq as seq, counter.last_rev as rev,
      ${raising.jobs} as webhooks
    from message, counter`;
}

/** CTEs that put the text of the message aside, and note it. */
function puttingAside({ userId, roomId, content }: Values): Prisma.Sql {
  const text = {
    id: Prisma.sql`message.id`,
    room: Prisma.sql`message.room_id`,
    person: Prisma.sql`${userId}::uuid`,
    content: Prisma.sql`${content}::text`,
    mentions: Prisma.sql`'[]'::jsonb`,
    reply: Prisma.sql`null::jsonb`,
    fromAi: Prisma.sql`false`,
  };
  return Prisma.sql`
    aside as (${putAside(Prisma.sql`null::uuid`, text, Prisma.sql`message`)}),
    audited as (${hiddenByServer(roomId, Prisma.sql`message`)}),`;
}

function rememberMentions(authorId: string): Prisma.Sql {
  return Prisma.sql`mention as (${insertMentions(
    {
      user: Prisma.sql`mentioned.user_id`,
      room: Prisma.sql`message.room_id`,
      seq: Prisma.sql`message.seq`,
      message: Prisma.sql`message.id`,
    },
    Prisma.sql`mentioned cross join message where mentioned.user_id <> ${authorId}::uuid`,
  )}),`;
}

/** CTEs that insert a row and a job for each reply. Only the sender's locked row tells which messages were unread. */
function repliesOf(askedBy: string, triggerId: string, replies: PlannedReply[]) {
  const asking = replies.filter(({ refusal }) => !refusal).length;
  const callsLeft = asking === 0 ? 0 : Math.max(0, Math.floor((maxCallsPerMessage - asking) / asking));
  const rows = replies.map(({ character, trigger: kind, refusal = null, ...asked }, index) => {
    const trigger = { kind, messageId: triggerId };
    const reply: MessageView['reply'] = { askedBy, trigger, model: null, startedAt: null, finishedAt: null, stoppedBy: null, usage: null };
    return {
      place: index + 1,
      id: uuidv7(),
      character_id: character.id,
      name: character.name,
      handle: character.handle,
      avatar: character.avatar,
      reply,
      refusal,
      request: { trigger, ...asked, callsLeft } satisfies ReplyRequest,
    };
  });
  return {
    tables: Prisma.sql`asked as (
      select * from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
        as a (place int, id uuid, character_id uuid, name text, handle text, avatar jsonb, reply jsonb, refusal jsonb, request jsonb)
    ),
    answers as (${insertMessages(
      {
        id: Prisma.sql`asked.id`,
        room: Prisma.sql`message.room_id`,
        ...numbersOf('counter', Prisma.sql`${replies.length}::int - asked.place`),
        kind: 'reply',
        author: askedCharacter,
        replyTo: Prisma.sql`message.id`,
        values: {
          content: Prisma.sql`''`,
          status: Prisma.sql`case when asked.refusal is null then 'queued' else 'failed' end`,
          error: Prisma.sql`asked.refusal`,
          reply: Prisma.sql`case when asked.refusal is null then asked.reply else asked.reply || jsonb_build_object('finishedAt', ${instantNow}) end`,
        },
      },
      Prisma.sql`asked cross join message cross join counter order by asked.place`,
    )}),
    job as (${insertJobs(
      {
        kind: kindOfReply('reply', Prisma.sql`asked.character_id`),
        id: Prisma.sql`answers.id`,
        room: Prisma.sql`answers.room_id`,
        character: Prisma.sql`asked.character_id`,
        askedBy: Prisma.sql`${askedBy}::uuid`,
        paidBy: Prisma.sql`case when asked.request -> 'trigger' ->> 'kind' in ('always', 'turn') then ${payerOfUnasked('answers', 'asked')} end`,
        request: sinceLastRead('asked', 'me'),
        refused: Prisma.sql`asked.refusal is not null`,
      },
      Prisma.sql`answers join asked on asked.id = answers.id cross join me`,
    )}),`,
    rows: Prisma.sql`(select json_agg(answers.json order by answers.seq) from answers) as replies, ${waitingJobs('job')} as waiting`,
  };
}

/**
 * Who pays for a reply that nobody asked for, because its character answers so in the room: whoever set it to, while they are in the room,
 * else the room's first owner. Null: whoever asked pays. An expression.
 *
 * @param place source with `room_id` @param chosen source with `character_id`; always literals
 */
function payerOfUnasked(place: 'answers' | 'message', chosen: 'asked' | 'may_speak'): Prisma.Sql {
  return Prisma.sql`(
    select m.user_id from room_members m join users u on u.id = m.user_id
      left join room_characters rc on rc.room_id = m.room_id and rc.character_id = ${Prisma.raw(chosen)}.character_id and rc.set_by = m.user_id
    where m.room_id = ${Prisma.raw(place)}.room_id and m.left_rev is null and ${accountOpen} and (rc.set_by is not null or m.role = 'owner')
    order by rc.set_by is null, m.joined_at, m.user_id limit 1
  )`;
}

/**
 * The CTE `considered`: a job for each character that may have something to say, unless one of it waits here already, which then takes the
 * new message into account. One that waits whether somebody answers a question is of no use to who speaks to the character: it asks nothing if
 * somebody did.
 */
function considering(askedBy: string, triggerId: string, ambient: readonly PlannedAmbient[]): Prisma.Sql {
  const callsLeft = Math.max(0, Math.floor((maxCallsPerMessage - ambient.length) / ambient.length));
  const rows = ambient.map(({ characterId, cause }) => ({
    id: uuidv7(),
    character_id: characterId,
    wait_ms: cause === 'question' ? answeredByOthersMs : 0,
    request: ambientRequest(triggerId, cause, callsLeft),
  }));
  return Prisma.sql`
    may_speak as (
      select * from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as a (id uuid, character_id uuid, wait_ms int, request jsonb)
    ),
    considered as (${insertJobs(
      {
        kind: ambientKind,
        id: Prisma.sql`may_speak.id`,
        room: Prisma.sql`message.room_id`,
        character: Prisma.sql`may_speak.character_id`,
        askedBy: Prisma.sql`${askedBy}::uuid`,
        paidBy: payerOfUnasked('message', 'may_speak'),
        request: Prisma.sql`may_speak.request`,
        availableAt: Prisma.sql`now() + may_speak.wait_ms * interval '1 millisecond'`,
      },
      Prisma.sql`may_speak cross join message where not exists (
        select 1 from jobs waits
        where waits.room_id = message.room_id and waits.character_id = may_speak.character_id and waits.kind = ${ambientKind}
          and waits.state = 'queued' and (waits.request -> 'data' ->> 'cause' <> 'question' or may_speak.request -> 'data' ->> 'cause' = 'question')
      )`,
    )}),`;
}

/** How long a question is left to others before a character that was not asked takes it up, in milliseconds. */
const answeredByOthersMs = 20_000;

/** A program that sends again may write its accents in another form: it is the same text. */
function isSameText(one: string, other: string): boolean {
  return one === other || one.normalize('NFC') === other.normalize('NFC') || (one.includes('•') && isMaskOf(one, other));
}

/** What an earlier call with this `clientId` sent, or null. @throws AppError CLIENT_ID_REUSED */
export async function firstSent(deps: Pick<CoreDeps, 'db'>, room: AuthorizedRoom, input: SendMessageInput): Promise<SentMessage | null> {
  const first = await findSentMessage(deps, room.roomId, room.actor.userId, input.clientId);
  if (!first) return null;
  const { content, replyTo, editedAt, deletedAt, hidden } = first.message;
  // After an edit, a deletion or a hiding nobody can tell whether the content was the same. A repeat is far likelier than a reused id, so take it
  // for a repeat.
  const same =
    editedAt !== null ||
    deletedAt !== null ||
    hidden ||
    (isSameText(content, input.content) && replyTo === (input.replyTo?.toLowerCase() ?? null));
  if (!same) throw refusalBy(room, new AppError('CLIENT_ID_REUSED'));
  // Only somebody who is still in the room may read what the replies say by now.
  return unchanged(room, first);
}

async function whyRefused({ db }: Pick<CoreDeps, 'db'>, room: AuthorizedRoom, { replyTo, plan }: PlannedMessage): Promise<Error> {
  if (replyTo) {
    const [target] = await db.$queryRaw<object[]>(
      Prisma.sql`select 1 from messages where id = ${replyTo}::uuid and room_id = ${room.roomId}::uuid`,
    );
    if (!target)
      return refusalBy(room, new AppError('MESSAGE_NOT_FOUND', 'The message you answer is not in this room.', { field: 'replyTo' }));
  }
  const asOf = turnAsOf(plan);
  if (asOf !== null) {
    const [counter] = await db.$queryRaw<object[]>(Prisma.sql`
      select 1 from room_counters c
      where c.room_id = ${room.roomId}::uuid and c.members_rev = ${room.membersRev}::int and c.last_seq <> ${asOf}::int`);
    if (counter) return new TurnPassedError();
  }
  return new StaleMembershipError();
}

function refuse(error: Error): never {
  throw error;
}

/** Tells everyone what was committed. If any of it is lost, readers learn of it by comparing heads, and the sweep finds the jobs. */
function announce(deps: Pick<CoreDeps, 'bus' | 'log'>, room: AuthorizedRoom, sent: SentMessage, head: { seq: number; rev: number }) {
  const events = [sent.message, ...sent.replies].map((message) => ({ type: 'message' as const, rev: message.rev, message }));
  const read = isBot(sent.message.author) ? {} : { read: { userId: room.actor.userId, seq: sent.message.seq } };
  publishRoomEvents(deps, room.roomId, events, { ...head, ...read });
  announceMentions(deps, room, sent.message.id, sent.message.mentions);
}
