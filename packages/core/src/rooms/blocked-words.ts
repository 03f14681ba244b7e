import type { BlockedWordAction, RoomWords } from '@parley/contracts';
import { Prisma } from '@parley/db';
import { StaleMembershipError, type AuthorizedRoom } from '../access/authorized-room.js';
import { ensureMay } from '../access/ensure-may.js';
import { auditEntries } from '../audit/audit-statements.js';
import type { CoreDeps } from '../deps.js';
import { takeNumbers } from '../protocol/counter-statements.js';
import { roomView } from '../protocol/presenters.js';
import { publishRoomEvents } from '../protocol/publish-room-events.js';
import { roomJson, type RoomRow } from '../protocol/room-rows.js';
import { activeActor } from '../sessions/active-actor.js';
import { changeRoomRow } from './room-statements.js';

/** The room's blocked words, as they were written. */
export async function loadBlockedWords({ db }: Pick<CoreDeps, 'db'>, { roomId }: Pick<AuthorizedRoom, 'roomId'>): Promise<RoomWords> {
  const room = await db.room.findUniqueOrThrow({ where: { id: roomId }, select: { blockedWords: true, blockedWordsAction: true } });
  return { words: room.blockedWords, action: room.blockedWordsAction as BlockedWordAction };
}

/**
 * Replaces the words that nobody may say in the room. The change moves `members_rev`, so that no message after it is written by the old list.
 * The room is told that it changed, and not the words.
 *
 * @throws AppError FORBIDDEN for a direct room; ROOM_ARCHIVED; StaleMembershipError
 */
export async function setBlockedWords(deps: CoreDeps, room: AuthorizedRoom, { words, action }: RoomWords): Promise<RoomWords> {
  const { actor, roomId, membersRev } = room;
  ensureMay(room, {}, { direct: 'Nobody moderates a one-to-one room.' });
  const [row] = await deps.db.$queryRaw<{ room: RoomRow; seq: number }[]>(Prisma.sql`
    with actor as (${activeActor(actor)}),
    room as (select r.id from rooms r cross join actor where r.id = ${roomId}::uuid for no key update of r),
    ${takeNumbers({ room: Prisma.sql`room.id`, from: Prisma.sql`room`, changes: 1, movesMembers: true, membersRev })},
    changed as (${changeRoomRow({
      set: { blockedWords: Prisma.sql`${words}::text[]`, blockedWordsAction: Prisma.sql`${action}::text` },
      messagesAfter: 0,
    })}),
    audited as (${auditEntries(
      {
        event: 'words.set',
        by: actor,
        subject: { kind: 'room', id: roomId, name: Prisma.sql`changed.name` },
        roomId,
        detail: { count: words.length, action },
      },
      Prisma.sql`changed`,
    )})
    select ${roomJson('changed')} as room, counter.last_seq as seq from changed cross join counter`);
  if (!row) throw new StaleMembershipError();
  const view = roomView(row.room);
  publishRoomEvents(deps, roomId, [{ type: 'room', rev: view.rev, room: view }], { seq: row.seq, rev: view.rev, room: view });
  return { words, action };
}
