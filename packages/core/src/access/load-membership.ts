import type { ReplyControl, RoomRole, RoomVisibility } from '@parley/contracts';
import { AppError } from '@parley/contracts';
import { Prisma } from '@parley/db';
import type { Actor } from '../sessions/actor.js';
import { accountClosed, sessionStands } from '../sessions/standing-session.js';
import type { CoreDeps } from '../deps.js';
import type { RoomCharacterEntry } from './authorized-room.js';
import { banned, invited } from './room-invitation.js';
import { roomCharacterView } from '../protocol/presenters.js';
import { roomCharacterJson, type RoomCharacterRow } from '../protocol/room-rows.js';

/** What one snapshot of the database says about a person in a room. */
export interface Membership {
  /** The actor's session, which the same query found to be valid. */
  sessionId: string;
  visibility: RoomVisibility;
  archived: boolean;
  aiPaused: boolean;
  replyControl: ReplyControl;
  role: RoomRole | null;
  /** True if an invitation to join the room waits for the actor. */
  invited: boolean;
  /** True if a moderator has silenced the actor for now, by the database's clock. */
  silenced: boolean;
  /** True if the actor is banned from the room, and is no member then. */
  banned: boolean;
  membersRev: number;
  /** False if no webhook hears of the room. */
  hooked: boolean;
  /** True if the room has blocked words of its own. */
  filtered: boolean;
  characters: readonly RoomCharacterEntry[];
}

interface MembershipRow {
  disabled: boolean;
  sessionStands: boolean;
  /** Null for a room that does not exist. */
  visibility: RoomVisibility | null;
  archived: boolean;
  aiPaused: boolean;
  replyControl: ReplyControl;
  role: RoomRole | null;
  invited: boolean;
  silenced: boolean;
  banned: boolean;
  membersRev: number | null;
  hooked: boolean;
  filtered: boolean;
  characters: RoomCharacterRow[];
}

/**
 * Reads the actor's membership of a room, and checks in the same snapshot that the actor's session is valid.
 *
 * @returns null for a room that does not exist
 * @throws AppError SESSION_REVOKED, ACCOUNT_DISABLED
 */
export async function loadMembership(deps: Pick<CoreDeps, 'db'>, actor: Actor, roomId: string): Promise<Membership | null> {
  const [row] = await deps.db.$queryRaw<MembershipRow[]>(Prisma.sql`
    select ${accountClosed} as disabled,
      ${sessionStands(actor)} as "sessionStands",
      r.visibility, r.archived_at is not null as archived, r.reply_control as "replyControl", r.ai_paused_at is not null as "aiPaused",
      case when m.left_rev is null then m.role end as role,
      coalesce(m.silenced_until > now(), false) as silenced, ${banned('m')} as banned,
      coalesce(${invited('m')}, false) as invited, c.members_rev as "membersRev", coalesce(c.hooked, false) as hooked, coalesce(cardinality(r.blocked_words) > 0, false) as filtered,
      (select coalesce(json_agg(${roomCharacterJson('rc', 'ch')} order by rc.joined_at, rc.character_id), '[]')
        from room_characters rc join characters ch on ch.id = rc.character_id
        where rc.room_id = r.id and rc.left_rev is null) as characters
    from users u
      left join rooms r on r.id = ${roomId}::uuid
      left join room_counters c on c.room_id = r.id
      left join room_members m on m.room_id = r.id and m.user_id = u.id
    where u.id = ${actor.userId}::uuid`);
  if (row?.disabled) throw new AppError('ACCOUNT_DISABLED');
  if (!row?.sessionStands) throw new AppError('SESSION_REVOKED');
  if (row.visibility === null || row.membersRev === null) return null;
  return {
    sessionId: actor.sessionId,
    visibility: row.visibility,
    archived: row.archived,
    aiPaused: row.aiPaused,
    replyControl: row.replyControl,
    role: row.role,
    invited: row.invited,
    silenced: row.silenced,
    banned: row.banned,
    membersRev: row.membersRev,
    hooked: row.hooked,
    filtered: row.filtered,
    characters: row.characters.map((entry) => ({
      character: roomCharacterView(entry).character,
      autoReply: entry.autoReply,
      isAssistant: entry.isAssistant,
    })),
  };
}
