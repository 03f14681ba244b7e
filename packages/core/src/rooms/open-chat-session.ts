import { AppError } from '@parley/contracts';
import { Prisma } from '@parley/db';
import { v7 as uuidv7 } from 'uuid';
import type { CoreDeps } from '../deps.js';
import { insertCounter } from '../protocol/counter-statements.js';
import { insertEntries, insertMembers } from '../protocol/member-statements.js';
import { mine, roomView } from '../protocol/presenters.js';
import { publishMembership } from '../protocol/publish-membership.js';
import { mineJson, roomJson, type MineRow, type RoomRow } from '../protocol/room-rows.js';
import { activeActor } from '../sessions/active-actor.js';
import type { Actor } from '../sessions/actor.js';
import { refuseInactive } from '../sessions/load-actor.js';
import { insertChatSession } from './chat-session-statements.js';
import { findChatSession, type ChatSession } from './find-chat-session.js';
import { insertRoom } from './room-statements.js';
import { sessionTitle } from './session-title.js';

export interface ChatSessionInput {
  /** The caller's own name for the conversation. */
  sessionId: string;
  /** Id or handle of the character. @default the one of the conversation; the assistant in a new one */
  character?: string | null | undefined;
  /** What it is opened by; its first words become its title. */
  firstMessage: string;
  /** Called before one is made, and not if there is one. It may throw. @default all are admitted */
  admit?(): Promise<void>;
}

interface Made {
  active: boolean;
  otherExists: boolean;
  session: ChatSession | null;
  room: RoomRow | null;
  mine: MineRow | null;
}

/**
 * Returns the conversation that the actor's programs call so, and makes it when it is first named: a direct room of the actor and a character
 * that answers every message, with the assistant for commands. Of calls at the same moment one makes it.
 *
 * @throws AppError CHARACTER_NOT_FOUND; VALIDATION if the conversation has another character; SESSION_REVOKED, ACCOUNT_DISABLED; CONFLICT;
 * what `admit` throws
 */
export async function openChatSession(deps: CoreDeps, actor: Actor, input: ChatSessionInput): Promise<ChatSession> {
  const wanted = input.character?.replace(/^@/, '').toLowerCase() ?? null;
  for (let attempt = 0; attempt < 3; attempt++) {
    const found = await findChatSession(deps, actor, input.sessionId);
    if (found) return withCharacter(found, wanted);
    if (attempt === 0) await input.admit?.();
    const made = await make(deps, actor, input, wanted);
    if (made.session && made.room && made.mine) {
      publishMembership(deps, actor.userId, roomView(made.room), mine(made.mine));
      return made.session;
    }
    if (!made.active) return await refuseInactive(deps, actor);
    if (!made.otherExists) throw new AppError('CHARACTER_NOT_FOUND', undefined, { field: 'character_id' });
    // Another call made it at the same moment. The snapshot of this statement did not have it, the next one does.
  }
  throw new AppError('CONFLICT');
}

/** @throws AppError VALIDATION */
function withCharacter(session: ChatSession, wanted: string | null): ChatSession {
  const { id, handle } = session.character;
  if (wanted === null || wanted === id || wanted === handle) return session;
  throw new AppError('VALIDATION', `character_id: this session talks with @${handle}. Begin another session for another character.`, {
    field: 'character_id',
  });
}

const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** In a new room, the room's row takes rev 1, the person rev 2, the characters the next ones. */
async function make(
  { db }: Pick<CoreDeps, 'db'>,
  actor: Actor,
  { sessionId, firstMessage }: ChatSessionInput,
  wanted: string | null,
): Promise<Made> {
  const which =
    wanted === null
      ? Prisma.sql`ch.is_assistant`
      : uuid.test(wanted)
        ? Prisma.sql`ch.id = ${wanted}::uuid`
        : Prisma.sql`ch.handle = ${wanted}`;
  const [row] = await db.$queryRaw<Made[]>(Prisma.sql`
    with actor as (${activeActor(actor)}),
    other as (
      select ch.id, ch.handle from characters ch cross join actor where ${which} and ch.deleted_at is null for share of ch
    ),
    session as (${insertChatSession(
      { user: Prisma.sql`actor.id`, sessionId, room: Prisma.sql`${uuidv7()}::uuid`, character: Prisma.sql`other.id` },
      Prisma.sql`actor cross join other`,
    )}),
    room as (${insertRoom(
      {
        id: Prisma.sql`session.room_id`,
        name: Prisma.sql`${sessionTitle(firstMessage, sessionId)}`,
        visibility: Prisma.sql`'direct'`,
        memberCount: Prisma.sql`1`,
        createdBy: Prisma.sql`session.user_id`,
      },
      Prisma.sql`session`,
    )}),
    answering as (
      select other.id, 'always' as auto_reply from other
      union all
      select ch.id, 'mention' from characters ch cross join other where ch.is_assistant and ch.deleted_at is null and ch.id <> other.id
    ),
    entries as (select answering.*, 2 + row_number() over (order by auto_reply, id)::int as rev from answering),
    counter as (${insertCounter(
      { room: Prisma.sql`room.id`, lastSeq: Prisma.sql`0`, lastRev: Prisma.sql`(select max(rev) from entries)` },
      Prisma.sql`room`,
    )}),
    member as (${insertMembers(
      {
        room: Prisma.sql`c.room_id`,
        user: Prisma.sql`actor.id`,
        role: Prisma.sql`'owner'`,
        rev: Prisma.sql`2`,
        lastReadSeq: Prisma.sql`0`,
      },
      Prisma.sql`counter c cross join actor`,
    )}),
    entry as (${insertEntries(
      {
        room: Prisma.sql`c.room_id`,
        character: Prisma.sql`entries.id`,
        autoReply: Prisma.sql`entries.auto_reply`,
        rev: Prisma.sql`entries.rev`,
      },
      Prisma.sql`counter c cross join entries`,
    )})
    select exists (select 1 from actor) as active, exists (select 1 from other) as "otherExists",
      (select json_build_object('roomId', session.room_id, 'character', json_build_object('id', other.id, 'handle', other.handle))
        from session cross join other) as session,
      (select ${roomJson('room')} from room) as room,
      (select ${mineJson('m', 'c', 'room', 'session')} from member m cross join counter c cross join room cross join session) as mine`);
  return row!;
}
