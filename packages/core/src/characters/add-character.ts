import { AppError, maxCharactersPerRoom, type AutoReply, type DurableEvent, type RoomCharacterView } from '@parley/contracts';
import { Prisma } from '@parley/db';
import { activeActor } from '../sessions/active-actor.js';
import type { CoreDeps } from '../deps.js';
import { refusalBy, StaleMembershipError, unchanged, type AuthorizedRoom } from '../access/authorized-room.js';
import { numbersOf, takeNumbers } from '../protocol/counter-statements.js';
import { changeEntries, insertEntries } from '../protocol/member-statements.js';
import { messageView, type MessageRow } from '../protocol/message-rows.js';
import { insertGreeting } from '../protocol/message-statements.js';
import { ensureMay } from '../access/ensure-may.js';
import { roomCharacterView } from '../protocol/presenters.js';
import { publishCaughtUp } from '../protocol/publish-membership.js';
import { publishRoomEvents } from '../protocol/publish-room-events.js';
import { roomCharacterJson, type RoomCharacterRow } from '../protocol/room-rows.js';
import { madeWebhookJobs, raiseEvents, wakeWebhooks } from '../webhooks/raise-events.js';
import { characterPlaced } from '../protocol/system-facts.js';
import { actorCaughtUp, foldableLine, foldingLine, lockRoom, placingOfCharacters } from '../protocol/system-line.js';

/** The character's row comes first, then the line, and the greeting if there is one. The character knows what is said after the line. */
const line = numbersOf('c', Prisma.sql`plan.greetings`);
const entryRev = numbersOf('c', Prisma.sql`1 + plan.greetings`).rev;

interface AddResult {
  active: boolean;
  /** Null if no such character exists or it was deleted. */
  characterId: string | null;
  /** The character's entry, if it is in the room already with the same `autoReply`. */
  same: RoomCharacterRow | null;
  full: boolean;
  /** True if the room does not let the provider of the character's model answer. */
  foreign: boolean;
  /** This and the following fields are null if nothing was written. */
  entry: RoomCharacterRow | null;
  line: MessageRow | null;
  greeting: MessageRow | null;
  seq: number | null;
  rev: number | null;
  caughtUp: boolean;
  /** Ids of the jobs of webhooks. */
  webhooks: string[] | null;
}

/**
 * Puts a character into a room, or changes when it answers there. The character knows what is said from then on, beginning with its
 * greeting, an ordinary message by it. The actor pays for what it then answers without being asked. The character's row takes rev r + 1, the line r + 2, the greeting r + 3. If the character is in
 * the room already with this `autoReply`, nothing is written.
 *
 * @throws AppError FORBIDDEN for a direct room, and for a room with {@link maxCharactersPerRoom}; ROOM_ARCHIVED; CHARACTER_NOT_FOUND;
 * StaleMembershipError
 */
export async function addCharacter(
  deps: CoreDeps,
  room: AuthorizedRoom,
  { characterId, autoReply }: { characterId: string; autoReply: AutoReply },
): Promise<RoomCharacterView> {
  const { actor, roomId } = room;
  ensureMay(room, {}, { direct: 'A direct room keeps its two. Make a room for more.' });
  const [result] = await deps.db.$queryRaw<AddResult[]>(Prisma.sql`
    with actor as (${activeActor(actor)}),
    chosen as (
      select ch.* from characters ch cross join actor where ch.id = ${characterId}::uuid and ch.deleted_at is null
      for share of ch
    ),
    me as (
      select m.room_id from room_members m join actor on m.user_id = actor.id
      where m.room_id = ${roomId}::uuid and m.left_rev is null
      for no key update of m
    ),
    existing as (
      select rc.* from room_characters rc join me on me.room_id = rc.room_id join chosen on chosen.id = rc.character_id
      for no key update of rc
    ),
    plan as (
      select e.character_id is not null and e.left_rev is null as here,
        e.left_rev is null and e.auto_reply is not distinct from ${autoReply} as same,
        case when e.character_id is not null and e.left_rev is null or chosen.greeting = '' then 0 else 1 end as greetings,
        (select count(*) from room_characters rc where rc.room_id = ${roomId}::uuid and rc.left_rev is null) >= ${maxCharactersPerRoom}::int as crowded,
        -- One without a model has the server's, which only the workers know.
        exists (select 1 from rooms r where r.id = ${roomId}::uuid and chosen.model is not null
          and split_part(chosen.model, ':', 1) <> 'built-in' and not split_part(chosen.model, ':', 1) = any(r.ai_providers)) as foreign_model
      from chosen cross join me left join existing e on true
    ),
    folded as (${foldableLine(roomId, placingOfCharacters)}),
    room as (${lockRoom(roomId, Prisma.sql`cross join me cross join plan`)}),
    ${takeNumbers({
      room: Prisma.sql`${roomId}::uuid`,
      from: Prisma.sql`plan cross join room`,
      messages: Prisma.sql`room.lines + plan.greetings`,
      changes: Prisma.sql`2 - room.lines`,
      movesMembers: true,
      membersRev: room.membersRev,
      guard: Prisma.sql`and not plan.same and (plan.here or not plan.crowded and not plan.foreign_model)`,
    })},
    inserted as (${insertEntries(
      {
        room: Prisma.sql`c.room_id`,
        character: Prisma.sql`chosen.id`,
        autoReply: Prisma.sql`${autoReply}`,
        setBy: Prisma.sql`${actor.userId}::uuid`,
        joinedSeq: line.seq,
        rev: entryRev,
      },
      Prisma.sql`counter c cross join chosen cross join plan where not exists (select 1 from existing)`,
    )}),
    updated as (${changeEntries({
      set: {
        autoReply: Prisma.sql`${autoReply}`,
        setBy: Prisma.sql`${actor.userId}::uuid`,
        leftRev: Prisma.sql`null`,
        joinedSeq: Prisma.sql`case when plan.here then rc.joined_seq else ${line.seq} end`,
        joinedAt: Prisma.sql`case when plan.here then rc.joined_at else now() end`,
      },
      rev: entryRev,
      from: Prisma.sql`counter c cross join plan cross join existing e`,
      room: Prisma.sql`c.room_id`,
      character: Prisma.sql`e.character_id`,
    })}),
    entry as (select * from inserted union all select * from updated),
    ${foldingLine(
      // A line that says that the character came goes on to say so, with what it does now.
      characterPlaced(Prisma.sql`plan.here and room.folded_says ->> 'type' is distinct from 'characterAdded'`, autoReply),
      Prisma.sql`cross join chosen cross join plan`,
      Prisma.sql`plan.greetings`,
    )},
    greeting as (${insertGreeting('chosen', Prisma.sql`counter c cross join chosen cross join plan where plan.greetings = 1`)}),
    ${actorCaughtUp()},
    ${raiseEvents([{ event: 'message.created', subject: Prisma.sql`greeting.id`, from: Prisma.sql`greeting` }])}
    select exists (select 1 from actor) as active, (select id from chosen) as "characterId",
      (select ${roomCharacterJson('existing', 'chosen')} from existing cross join chosen cross join plan where plan.same) as same,
      coalesce((select crowded and not here from plan), false) as "full", coalesce((select foreign_model and not here from plan), false) as "foreign",
      (select ${roomCharacterJson('entry', 'chosen')} from entry cross join chosen) as entry,
      (select json from line) as line, (select json from greeting) as greeting,
      (select last_seq from counter) as seq, (select last_rev from counter) as rev, exists (select 1 from caught_up) as "caughtUp",
      ${madeWebhookJobs} as webhooks`);
  if (result?.entry && result.line) {
    const character = roomCharacterView(result.entry);
    const said = [result.line, ...(result.greeting ? [result.greeting] : [])].map(messageView);
    const head = { seq: result.seq ?? 0, rev: result.rev ?? character.rev };
    const events: DurableEvent[] = [
      { type: 'character', rev: character.rev, character, left: false },
      ...said.map((message) => ({ type: 'message' as const, rev: message.rev, message })),
    ];
    publishRoomEvents(deps, roomId, events, head);
    wakeWebhooks(deps, result.webhooks);
    if (result.caughtUp) publishCaughtUp(deps, actor.userId, roomId, head.seq);
    return character;
  }
  if (result?.same) return unchanged(room, roomCharacterView(result.same));
  if (result?.active && result.characterId === null) throw new AppError('CHARACTER_NOT_FOUND', undefined, { field: 'characterId' });
  if (result?.active && result.foreign) {
    throw refusalBy(room, new AppError('PROVIDER_NOT_ALLOWED', undefined, { field: 'characterId' }));
  }
  if (result?.full)
    throw refusalBy(room, new AppError('FORBIDDEN', `A room holds ${maxCharactersPerRoom} characters at most. Remove one first.`));
  throw new StaleMembershipError();
}
