import { AppError, type RoomCharacterView } from '@parley/contracts';
import { Prisma } from '@parley/db';
import { activeActor } from '../sessions/active-actor.js';
import type { CoreDeps } from '../deps.js';
import { refusalBy, StaleMembershipError, type AuthorizedRoom } from '../access/authorized-room.js';
import { numbersOf, takeNumbers } from '../protocol/counter-statements.js';
import { changeEntries } from '../protocol/member-statements.js';
import { ensureMay } from '../access/ensure-may.js';
import { forgetRooms } from '../memory/room-summary.js';
import { messageView, type MessageRow } from '../protocol/message-rows.js';
import { roomCharacterView } from '../protocol/presenters.js';
import { publishCaughtUp } from '../protocol/publish-membership.js';
import { publishRoomEvents } from '../protocol/publish-room-events.js';
import { roomCharacterJson, type RoomCharacterRow } from '../protocol/room-rows.js';
import { characterRemoved } from '../protocol/system-facts.js';
import { actorCaughtUp, foldableLine, foldingLine, lockRoom, placingOfCharacters } from '../protocol/system-line.js';

/** The character's row comes before the line. */
const entryRev = numbersOf('c', 1).rev;

interface RemoveResult {
  active: boolean;
  here: boolean;
  /** This and the following fields are null if nothing was written. */
  entry: RoomCharacterRow | null;
  line: MessageRow | null;
  seq: number | null;
  caughtUp: boolean;
}

/**
 * Takes a character out of a room; its row stays, with `leftRev`. Replies that it was asked for and has not begun fail, visibly.
 *
 * @returns the character's entry as it left
 * @throws AppError FORBIDDEN for a direct room; ROOM_ARCHIVED; CHARACTER_NOT_FOUND for a character that is not in the room;
 * StaleMembershipError
 */
export async function removeCharacter(deps: CoreDeps, room: AuthorizedRoom, characterId: string): Promise<RoomCharacterView> {
  const { actor, roomId } = room;
  ensureMay(room, {}, { direct: 'A direct room keeps its two. Mute it instead.' });
  const [result] = await deps.db.$queryRaw<RemoveResult[]>(Prisma.sql`
    with actor as (${activeActor(actor)}),
    chosen as (select ch.* from characters ch cross join actor where ch.id = ${characterId}::uuid for share of ch),
    me as (
      select m.room_id from room_members m join actor on m.user_id = actor.id
      where m.room_id = ${roomId}::uuid and m.left_rev is null
      for no key update of m
    ),
    existing as (
      select rc.room_id, rc.character_id from room_characters rc join me on me.room_id = rc.room_id join chosen on chosen.id = rc.character_id
      where rc.left_rev is null
      for no key update of rc
    ),
    folded as (${foldableLine(roomId, placingOfCharacters)}),
    room as (${lockRoom(roomId, Prisma.sql`cross join existing`)}),
    ${takeNumbers({
      room: Prisma.sql`e.room_id`,
      from: Prisma.sql`existing e cross join room`,
      messages: Prisma.sql`room.lines`,
      changes: Prisma.sql`2 - room.lines`,
      movesMembers: true,
      membersRev: room.membersRev,
    })},
    entry as (${changeEntries({
      set: { leftRev: entryRev },
      rev: entryRev,
      from: Prisma.sql`counter c cross join existing e`,
      room: Prisma.sql`e.room_id`,
      character: Prisma.sql`e.character_id`,
    })}),
    unremembered as (${forgetRooms('entry')}),
    ${foldingLine(characterRemoved, Prisma.sql`cross join chosen`)},
    ${actorCaughtUp()}
    select exists (select 1 from actor) and exists (select 1 from me) as active, exists (select 1 from existing) as here,
      (select ${roomCharacterJson('entry', 'chosen')} from entry cross join chosen) as entry,
      (select json from line) as line, (select last_seq from counter) as seq, exists (select 1 from caught_up) as "caughtUp"`);
  if (result?.entry && result.line) {
    const character = roomCharacterView(result.entry);
    const line = messageView(result.line);
    publishRoomEvents(
      deps,
      roomId,
      [
        { type: 'character', rev: character.rev, character, left: true },
        { type: 'message', rev: line.rev, message: line },
      ],
      { seq: result.seq ?? line.seq, rev: line.rev },
    );
    if (result.caughtUp) publishCaughtUp(deps, actor.userId, roomId, result.seq ?? line.seq);
    return character;
  }
  if (result?.active && !result.here) {
    throw refusalBy(room, new AppError('CHARACTER_NOT_FOUND', 'There is no such character in this room.', { field: 'characterId' }));
  }
  throw new StaleMembershipError();
}
