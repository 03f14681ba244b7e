import { AppError } from '@parley/contracts';
import { Prisma } from '@parley/db';
import { v7 as uuidv7 } from 'uuid';
import type { CoreDeps } from '../deps.js';
import { mine, roomView } from '../protocol/presenters.js';
import { publishMembership } from '../protocol/publish-membership.js';
import { mineJson, roomJson, type MineRow, type RoomRow } from '../protocol/room-rows.js';
import { activeActor } from '../sessions/active-actor.js';
import type { Actor } from '../sessions/actor.js';
import { refuseInactive } from '../sessions/load-actor.js';
import { insertChatSession } from './chat-session-statements.js';
import { findChatSession, type ChatSession } from './find-chat-session.js';
import { answeringIn, makingRoom } from './making-room.js';
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
    people as (select session.user_id as id, 'owner' as role, 2 as rev from session),
    answering as (${answeringIn(Prisma.sql`other`)}),
    ${makingRoom(
      {
        id: Prisma.sql`session.room_id`,
        name: Prisma.sql`${sessionTitle(firstMessage, sessionId)}`,
        visibility: Prisma.sql`'direct'`,
        createdBy: Prisma.sql`session.user_id`,
      },
      Prisma.sql`session`,
    )}
    select exists (select 1 from actor) as active, exists (select 1 from other) as "otherExists",
      (select json_build_object('roomId', session.room_id, 'character', json_build_object('id', other.id, 'handle', other.handle))
        from session cross join other) as session,
      (select ${roomJson('room')} from room) as room,
      (select ${mineJson('m', 'c', 'room', 'session')} from member m cross join counter c cross join room cross join session) as mine`);
  return row!;
}
