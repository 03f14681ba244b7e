import type { MessageView, OwnMembership, RoomView } from '@parley/contracts';
import { Prisma } from '@parley/db';
import type { Actor } from '../sessions/actor.js';
import { listSessions } from '../sessions/list-sessions.js';
import { getAccount } from '../accounts/get-account.js';
import { getEmail } from '../accounts/get-email.js';
import type { CoreDeps } from '../deps.js';
import { listOwnUsage } from '../jobs/usage-of-account.js';
import { toIso, type Instant } from '../protocol/instant.js';
import { messageJson, messageView, type MessageRow } from '../protocol/message-rows.js';
import { privateReplyJson, privateReplyView, type PrivateReplyRow } from '../protocol/private-reply-view.js';
import { roomView } from '../protocol/presenters.js';
import { roomJson, type RoomRow } from '../protocol/room-rows.js';
import { listInvitations } from '../members/list-invitations.js';
import { listMadeHooks } from '../hooks/list-hooks.js';
import { listMadeWebhooks } from '../webhooks/list-webhooks.js';
import { listOwnReports } from '../moderation/list-own-reports.js';
import { listPermissions } from '../replies/tools/list-permissions.js';
import { listWrittenNotes } from '../notes/list-written-notes.js';
import { line } from './export-room.js';
import { listPersonRows } from './person-rows.js';

/** Messages, memberships or private replies read by one statement. */
const pageSize = 50;
/** Seqs read by one statement. */
const seqsPerStatement = 5_000;

/**
 * Exports what the server keeps of a person, for that person, as JSON Lines: a header with the account and its address; a line for each place where they are signed in, each room they are or
 * were in, each chat session, each invitation to join one again, each message they wrote that is not deleted, each note whose text is theirs, each private reply, each tool that they let a character use, each webhook and hook that they made, without its secret, each report that they made, what their calls to models used, and each row of the tables that have no line of their own kind ({@link personData}); at last a line that says the file is whole. Of a room
 * that they left, the file has no more than their own messages and notes, and if the room is not public, not even its present name.
 */
export async function* exportAccount(deps: Pick<CoreDeps, 'db'>, actor: Pick<Actor, 'userId'>): AsyncGenerator<string, void> {
  const account = await getAccount(deps, actor);
  const address = await getEmail(deps, actor);
  yield line({ type: 'account', format: 'parley.account', version: 1, exportedAt: new Date().toISOString(), account, ...address });
  for (const session of await listSessions(deps, actor)) yield line({ type: 'session', ...session });
  const roomIds: string[] = [];
  for (let last: OwnMembership | undefined; ;) {
    const memberships = await loadMemberships(deps, actor, last);
    last = memberships.at(-1);
    if (!last) break;
    roomIds.push(...memberships.map(({ room }) => room.id));
    yield memberships.map((membership) => line({ type: 'membership', ...membership })).join('');
  }
  yield* chatSessions(deps, actor);
  for (const invitation of await listInvitations(deps, actor)) yield line({ type: 'invitation', invitation });
  for (const roomId of roomIds) yield* ownMessages(deps, actor, roomId);
  for await (const note of byPages((after) => listWrittenNotes(deps, actor, after))) yield line({ type: 'note', note });
  yield* privateReplies(deps, actor);
  for (const permission of await listPermissions(deps, actor)) yield line({ type: 'permission', permission });
  for await (const webhook of byPages((after) => listMadeWebhooks(deps, actor, after))) yield line({ type: 'webhook', webhook });
  for await (const hook of byPages((after) => listMadeHooks(deps, actor, after))) yield line({ type: 'hook', hook });
  for await (const report of byPages((after) => listOwnReports(deps, actor, after))) yield line({ type: 'report', ...report });
  for await (const page of listOwnUsage(deps, actor)) yield page.map((usage) => line({ type: 'usage', ...usage })).join('');
  for await (const rows of listPersonRows(deps, actor)) yield rows.map((row) => line({ type: 'row', ...row })).join('');
  yield line({ type: 'end' });
}

/** The next memberships, by when the person joined. @param last the one that the page before ended with */
async function loadMemberships(
  { db }: Pick<CoreDeps, 'db'>,
  { userId }: Pick<Actor, 'userId'>,
  last: OwnMembership | undefined,
): Promise<OwnMembership[]> {
  const after = last ? Prisma.sql`and (m.joined_at, m.room_id) > (${last.joinedAt}::timestamptz, ${last.room.id}::uuid)` : Prisma.empty;
  const rows = await db.$queryRaw<(Omit<OwnMembership, 'room' | 'joinedAt'> & { room: RoomRow; joinedAt: Instant })[]>(Prisma.sql`
    select ${roomJson('r')} as room, m.role, m.joined_at as "joinedAt", m.left_rev is not null as left, m.muted,
      m.last_read_seq as "lastReadSeq"
    from room_members m join rooms r on r.id = m.room_id
    where m.user_id = ${userId}::uuid ${after}
    order by m.joined_at, m.room_id limit ${pageSize}::int`);
  return rows.map(({ room, joinedAt, ...own }) => {
    const view = roomView(room);
    return { room: own.left && view.visibility !== 'public' ? unseen(view) : view, joinedAt: toIso(joinedAt), ...own };
  });
}

async function* chatSessions({ db }: Pick<CoreDeps, 'db'>, { userId }: Pick<Actor, 'userId'>): AsyncGenerator<string, void> {
  for (let after: string | null = null; ;) {
    const rows: { sessionId: string; roomId: string; characterId: string }[] = await db.$queryRaw(Prisma.sql`
      select s.session_id as "sessionId", s.room_id as "roomId", s.character_id as "characterId"
      from chat_sessions s where s.user_id = ${userId}::uuid and (${after}::text is null or s.session_id > ${after}::text)
      order by s.session_id limit ${pageSize}::int`);
    const last = rows.at(-1);
    if (!last) return;
    yield rows.map((session) => line({ type: 'chatSession', ...session })).join('');
    after = last.sessionId;
  }
}

/** A room as a person outside may know it: enough to recognise the room they were in. */
function unseen({ id, visibility, createdAt }: RoomView): RoomView {
  return { id, name: '', topic: '', visibility, memberCount: 0, archivedAt: null, createdAt, rev: 0 };
}

/** Finds the actor's messages by the index of rooms and authors, then reads them in pages by seq. */
async function* ownMessages({ db }: Pick<CoreDeps, 'db'>, { userId }: Pick<Actor, 'userId'>, roomId: string): AsyncGenerator<string, void> {
  for (let after: number | undefined = 0; after !== undefined;) {
    const own: { seq: number }[] = await db.$queryRaw(Prisma.sql`
      select m.seq from messages m
      where m.room_id = ${roomId}::uuid and m.author_id = ${userId}::uuid and m.deleted_at is null and m.seq > ${after}::int
      order by m.seq limit ${seqsPerStatement}::int`);
    for (let from = 0; from < own.length; from += pageSize) {
      const seqs = own.slice(from, from + pageSize).map(({ seq }) => seq);
      // What is hidden is hidden from others: the file is for whoever wrote it.
      const rows = await db.$queryRaw<{ message: MessageRow; aside: string | null }[]>(Prisma.sql`
        select ${messageJson('m')} as message, h.content as aside from messages m left join hidden_texts h on h.message_id = m.id
        where m.room_id = ${roomId}::uuid and m.seq = any(${seqs}::int[]) and m.deleted_at is null
        order by m.seq`);
      const messages: MessageView[] = rows.map(({ message, aside }) => ({
        ...messageView(message),
        ...(aside !== null && { content: aside }),
      }));
      if (messages.length > 0) yield messages.map((message) => line({ type: 'message', message })).join('');
    }
    after = own.length < seqsPerStatement ? undefined : own.at(-1)?.seq;
  }
}

async function* privateReplies({ db }: Pick<CoreDeps, 'db'>, { userId }: Pick<Actor, 'userId'>): AsyncGenerator<string, void> {
  for (let after: string | null = null; ;) {
    const rows: { reply: PrivateReplyRow }[] = await db.$queryRaw(Prisma.sql`
      select ${privateReplyJson('p')} as reply
      from private_replies p
      where p.user_id = ${userId}::uuid and (${after}::uuid is null
        or (p.created_at, p.id) > (select last.created_at, last.id from private_replies last where last.id = ${after}::uuid))
      order by p.created_at, p.id limit ${pageSize}::int`);
    const last = rows.at(-1);
    if (!last) return;
    yield rows.map(({ reply }) => line({ type: 'privateReply', reply: privateReplyView(reply) })).join('');
    after = last.reply.id;
  }
}

/** Reads pages until one is empty. @param read gives the page after the thing of this id */
async function* byPages<T extends { id: string }>(read: (after: string | null) => Promise<T[]>): AsyncGenerator<T, void> {
  for (let page = await read(null); page.length > 0; page = await read(page.at(-1)!.id)) yield* page;
}
