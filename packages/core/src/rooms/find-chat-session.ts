import { Prisma } from '@parley/db';
import type { Actor } from '../sessions/actor.js';
import type { CoreDeps } from '../deps.js';

export interface ChatSession {
  roomId: string;
  character: { id: string; handle: string };
}

/** The conversation that the actor's programs call so; null if there is none yet. */
export async function findChatSession({ db }: Pick<CoreDeps, 'db'>, { userId }: Actor, sessionId: string): Promise<ChatSession | null> {
  const [row] = await db.$queryRaw<ChatSession[]>(Prisma.sql`
    select s.room_id as "roomId", json_build_object('id', ch.id, 'handle', ch.handle) as character
    from chat_sessions s join characters ch on ch.id = s.character_id
    where s.user_id = ${userId}::uuid and s.session_id = ${sessionId}`);
  return row ?? null;
}
