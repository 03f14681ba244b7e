import { AppError, type ReplyControl, type RoomView } from '@parley/contracts';
import { Prisma } from '@parley/db';
import { maySql } from '../access/decision-sql.js';
import { activeActor } from '../sessions/active-actor.js';
import type { Actor } from '../sessions/actor.js';
import { loadActor } from '../sessions/load-actor.js';
import { auditEntries } from '../audit/audit-statements.js';
import type { CoreDeps } from '../deps.js';
import { StaleMembershipError, unchanged, type AuthorizedRoom } from '../access/authorized-room.js';
import { takeNumbers } from '../protocol/counter-statements.js';
import { messageView, type MessageRow } from '../protocol/message-rows.js';
import { roomView } from '../protocol/presenters.js';
import { publishCaughtUp } from '../protocol/publish-membership.js';
import { publishRoomEvents } from '../protocol/publish-room-events.js';
import { roomJson, type RoomRow } from '../protocol/room-rows.js';
import { roomChanged } from '../protocol/system-facts.js';
import { actorCaughtUp, changesOfRoom, foldableLine, foldingLine, lockRoom } from '../protocol/system-line.js';
import { changeRoomRow } from './room-statements.js';

/** Fields left out stay as they are. */
export interface RoomChange {
  ifVersion?: readonly string[] | undefined;
  name?: string | undefined;
  topic?: string | undefined;
  visibility?: 'public' | 'private' | undefined;
  archived?: boolean | undefined;
  aiPaused?: boolean | undefined;
  replyControl?: ReplyControl | undefined;
  /** Null: as the instance says. */
  retentionDays?: number | null | undefined;
  /** Null: all that the instance has. */
  aiProviders?: readonly string[] | null | undefined;
}

interface Changed {
  /** The room before the change, locked; null when the actor may not write. */
  before: RoomRow | null;
  /** True if the room is already as wanted. */
  same: boolean | null;
  /** This, `line` and `seq` are null if nothing was written. */
  room: RoomRow | null;
  line: MessageRow | null;
  seq: number | null;
  caughtUp: boolean;
}

/**
 * Writes the room's own row (rev r + 1) and the line that says what changed (r + 2). Writes nothing if the room is already as wanted. If the
 * actor's last change was just told, that line tells of both; of a name or a topic that was set twice it has the last. A
 * change of who may do what in the room moves `members_rev`, so that no write relies on the old state.
 *
 * @throws StaleMembershipError; AppError PRECONDITION_FAILED for a room that is at none of the revs in `ifVersion`
 */
export async function changeRoom(deps: CoreDeps, room: AuthorizedRoom, change: RoomChange): Promise<RoomView> {
  const { actor, roomId, membersRev } = room;
  const me = Prisma.sql`
    select m.room_id from room_members m join actor on m.user_id = actor.id
    where m.room_id = ${roomId}::uuid and m.left_rev is null
    for no key update of m`;
  const { view, before, same } = await writeChange(deps, { actor, roomId, membersRev, me }, change);
  if (view) return view;
  if (before && change.ifVersion && !change.ifVersion.includes(String(before.rev))) throw new AppError('PRECONDITION_FAILED');
  if (before && same) return unchanged(room, before);
  throw new StaleMembershipError();
}

/**
 * Archives a room that the actor need not be in, or opens it again, for an admin of the server. The line in the room says who did.
 *
 * @throws AppError ROOM_NOT_FOUND, also for a direct room; FORBIDDEN, SESSION_REVOKED, ACCOUNT_DISABLED
 */
export async function archiveRoomAsAdmin(
  deps: CoreDeps,
  actor: Actor,
  { roomId, archived }: { roomId: string; archived: boolean },
): Promise<RoomView> {
  const me = Prisma.sql`
    select r.id as room_id from rooms r cross join actor join users u on u.id = actor.id
    where r.id = ${roomId}::uuid and r.visibility <> 'direct' and ${maySql('admin.archiveRoom', Prisma.sql`u.is_admin`)}`;
  const { view, before } = await writeChange(deps, { actor, roomId, membersRev: null, me }, { archived });
  if (view ?? before) return (view ?? before)!;
  const { role } = await loadActor(deps, actor.userId, actor.sessionId);
  if (role !== 'admin') throw new AppError('FORBIDDEN', 'Only an admin of this server can do that.');
  throw new AppError('ROOM_NOT_FOUND');
}

interface Changing {
  actor: Actor;
  roomId: string;
  /** Null where locks are enough. */
  membersRev: number | null;
  /** Body of a CTE that yields `room_id` of the room if the actor may change it. */
  me: Prisma.Sql;
}

async function writeChange(
  deps: CoreDeps,
  { actor, roomId, membersRev, me }: Changing,
  change: RoomChange,
): Promise<{ view: RoomView | null; before: RoomView | null; same: boolean }> {
  const {
    ifVersion = null,
    name = null,
    topic = null,
    visibility = null,
    archived = null,
    aiPaused = null,
    replyControl = null,
    retentionDays,
    aiProviders,
  } = change;
  const [result] = await deps.db.$queryRaw<Changed[]>(Prisma.sql`
    with actor as (${activeActor(actor)}),
    me as (${me}),
    folded as (${foldableLine(roomId, changesOfRoom)}),
    room as (${lockRoom(roomId, Prisma.sql`join me on r.id = me.room_id`, Prisma.empty, true)}),
    wanted as (
      select coalesce(${name}::text, room.name) as name, coalesce(${topic}::text, room.topic) as topic,
        coalesce(${visibility}::text, room.visibility) as visibility,
        case ${archived}::boolean when true then coalesce(room.archived_at, now()) when false then null else room.archived_at end as archived_at,
        case ${aiPaused}::boolean when true then coalesce(room.ai_paused_at, now()) when false then null else room.ai_paused_at end as ai_paused_at,
        case ${aiPaused}::boolean when true then coalesce(room.ai_paused_by, ${actor.userId}::uuid) when false then null else room.ai_paused_by end as ai_paused_by,
        coalesce(${replyControl}::text, room.reply_control) as reply_control,
        case when ${retentionDays !== undefined}::boolean then ${retentionDays ?? null}::int else room.retention_days end as retention_days,
        case when ${aiProviders !== undefined}::boolean then ${aiProviders ? [...aiProviders] : null}::text[] else room.ai_providers end as ai_providers
      from room
    ),
    told as (
      select to_jsonb(array_remove(array[
          case when wanted.name <> room.name then jsonb_build_object('type', 'renamed', 'name', wanted.name) end,
          case when wanted.topic <> room.topic then jsonb_build_object('type', 'topic', 'topic', wanted.topic) end,
          case when wanted.visibility <> room.visibility then jsonb_build_object('type', 'visibility', 'visibility', wanted.visibility) end,
          case when wanted.reply_control <> room.reply_control
            then jsonb_build_object('type', 'replyControl', 'replyControl', wanted.reply_control) end,
          case when wanted.archived_at is distinct from room.archived_at
            then jsonb_build_object('type', case when wanted.archived_at is null then 'reopened' else 'archived' end) end,
          case when wanted.ai_paused_at is distinct from room.ai_paused_at
            then jsonb_build_object('type', case when wanted.ai_paused_at is null then 'aiResumed' else 'aiPaused' end) end,
          case when wanted.ai_providers is distinct from room.ai_providers
            then jsonb_build_object('type', 'aiProviders', 'providers', wanted.ai_providers) end,
          case when wanted.retention_days is distinct from room.retention_days
            then jsonb_build_object('type', 'retention', 'days', wanted.retention_days) end
        ], null)) as changes,
        wanted.visibility <> room.visibility or wanted.reply_control <> room.reply_control or wanted.archived_at is distinct from room.archived_at
          or wanted.ai_paused_at is distinct from room.ai_paused_at or wanted.ai_providers is distinct from room.ai_providers as for_members
      from room cross join wanted
    ),
    ${takeNumbers({
      room: Prisma.sql`room.id`,
      from: Prisma.sql`room cross join told`,
      messages: Prisma.sql`room.lines`,
      changes: Prisma.sql`2 - room.lines`,
      movesMembers: Prisma.sql`told.for_members`,
      membersRev,
      guard: Prisma.sql`and told.changes <> '[]' and (${ifVersion}::text[] is null or room.rev::text = any(${ifVersion}::text[]))`,
    })},
    changed as (${changeRoomRow({
      set: {
        name: Prisma.sql`wanted.name`,
        topic: Prisma.sql`wanted.topic`,
        visibility: Prisma.sql`wanted.visibility`,
        archivedAt: Prisma.sql`wanted.archived_at`,
        aiPausedAt: Prisma.sql`wanted.ai_paused_at`,
        aiPausedBy: Prisma.sql`wanted.ai_paused_by`,
        replyControl: Prisma.sql`wanted.reply_control`,
        retentionDays: Prisma.sql`wanted.retention_days`,
        aiProviders: Prisma.sql`wanted.ai_providers`,
      },
      from: Prisma.sql`cross join room cross join wanted`,
      messagesAfter: 1,
    })}),
    -- A topic or a name that changes is told in the room; who may do what there is told here too.
    audited as (${auditEntries(
      {
        event: archived === null ? 'room.changed' : archived ? 'room.archived' : 'room.restored',
        by: actor,
        subject: { kind: 'room', id: roomId, name: Prisma.sql`changed.name` },
        roomId,
        detail: Prisma.sql`jsonb_build_object('changes', told.changes)`,
      },
      Prisma.sql`changed join told on told.for_members`,
    )}),
    said as (
      select coalesce((
          select jsonb_agg(kept.change order by kept.place) from jsonb_array_elements(room.folded_says -> 'changes') with ordinality kept (change, place)
          where not exists (select 1 from jsonb_array_elements(told.changes) newer where ${ofWhat('newer')} = ${ofWhat('kept.change')})
        ), '[]') || told.changes as changes
      from room cross join told
    ),
    ${foldingLine(roomChanged(Prisma.sql`said.changes`), Prisma.sql`cross join said`)},
    ${actorCaughtUp()}
    select (select ${roomJson('room')} from room) as before, (select changes = '[]' from told) as same,
      (select ${roomJson('changed')} from changed) as room, (select json from line) as line, (select last_seq from counter) as seq,
      exists (select 1 from caught_up) as "caughtUp"`);
  if (result?.room && result.line) {
    const view = roomView(result.room);
    const line = messageView(result.line);
    publishRoomEvents(
      deps,
      roomId,
      [
        { type: 'room', rev: view.rev, room: view },
        { type: 'message', rev: line.rev, message: line },
      ],
      { seq: result.seq ?? line.seq, rev: line.rev, room: view },
    );
    if (result.caughtUp) publishCaughtUp(deps, actor.userId, roomId, result.seq ?? line.seq);
    return { view, before: null, same: false };
  }
  return { view: null, before: result?.before ? roomView(result.before) : null, same: result?.same ?? false };
}

/** What a change is of: a topic, a name. Closing a room and opening it are of the same, and so are pausing its AI and resuming it. */
function ofWhat(change: string): Prisma.Sql {
  return Prisma.raw(`replace(replace(${change} ->> 'type', 'reopened', 'archived'), 'aiResumed', 'aiPaused')`);
}
