import { AppError } from '@parley/contracts';
import { Prisma } from '@parley/db';
import { forgetRooms } from '../memory/room-summary.js';
import { maySql } from '../access/decision-sql.js';
import { activeActor } from '../sessions/active-actor.js';
import type { Actor } from '../sessions/actor.js';
import { refuseInactive } from '../sessions/load-actor.js';
import { auditEntries } from '../audit/audit-statements.js';
import type { CoreDeps } from '../deps.js';
import { changeCharacters } from '../protocol/character-statements.js';
import { numbersOf } from '../protocol/counter-statements.js';
import { changeEntries } from '../protocol/member-statements.js';
import { characterDeleted } from '../protocol/system-facts.js';
import { systemLines } from '../protocol/system-line.js';
import { touchRooms } from '../protocol/touch-rooms.js';
import { announceEntries, entriesWritten, type EntryWritten } from './announce-entries.js';

/** The character's row comes before the line, in rooms that take one. */
const entryRev = numbersOf('n', Prisma.sql`n.lines`).rev;

interface DeleteResult {
  active: boolean;
  /** Null if no such character exists or it was deleted. */
  allowed: boolean | null;
  isAssistant: boolean | null;
  deleted: boolean;
  written: EntryWritten[];
}

/**
 * Deletes a character: it leaves all its rooms with a line, and answers no more. Its messages stay, and its handle stays taken. After
 * the first statement nothing can put the character into a room again.
 *
 * @throws AppError CHARACTER_NOT_FOUND; FORBIDDEN to all but its owner and admins, and for the assistant; SESSION_REVOKED,
 * ACCOUNT_DISABLED
 */
export async function deleteCharacter(deps: CoreDeps, actor: Actor, characterId: string): Promise<void> {
  const touched: string[] = [];
  for (let first = true; ; first = false) {
    const result = await write(deps, actor, characterId, first, touched);
    if (first && !result.deleted) {
      if (!result.active) return await refuseInactive(deps, actor);
      if (result.allowed === null) throw new AppError('CHARACTER_NOT_FOUND');
      const reason = result.isAssistant
        ? 'The assistant answers the commands of every room, so it stays.'
        : 'Only whoever made this character can delete it.';
      throw new AppError('FORBIDDEN', reason);
    }
    announceEntries(deps, result.written, true);
    touched.push(...result.written.map(({ roomId }) => roomId));
    if (!first && result.written.length === 0) return;
  }
}

async function write(
  deps: Pick<CoreDeps, 'db'>,
  actor: Actor,
  characterId: string,
  first: boolean,
  touched: string[],
): Promise<DeleteResult> {
  const changed = first
    ? changeCharacters({
        set: { deletedAt: Prisma.sql`now()`, card: Prisma.sql`null` },
        from: Prisma.sql`target`,
        which: Prisma.sql`ch.id = target.id and target.allowed and not target.is_assistant`,
      })
    : Prisma.sql`select ch.* from characters ch where ch.id = ${characterId}::uuid for share of ch`;
  const [row] = await deps.db.$queryRaw<DeleteResult[]>(Prisma.sql`
    with actor as (${activeActor(actor)}),
    target as (
      select ch.id, ch.is_assistant, ${maySql('characters.delete', Prisma.sql`u.is_admin`, Prisma.sql`ch.owner_id is not distinct from actor.id`)} as allowed
      from characters ch cross join actor join users u on u.id = actor.id
      where ch.id = ${characterId}::uuid and ch.deleted_at is null
      for no key update of ch
    ),
    changed as (${changed}),
    audited as (${auditEntries(
      {
        event: 'character.deleted',
        by: actor,
        subject: { kind: 'character', id: Prisma.sql`changed.id`, name: Prisma.sql`changed.handle` },
      },
      Prisma.sql`changed join target on target.id = changed.id`,
    )}),
    ${touchRooms({ table: 'room_characters', column: 'character_id', cte: 'changed' }, 1, touched)},
    entry as (${changeEntries({
      set: { leftRev: entryRev },
      rev: entryRev,
      from: Prisma.sql`numbered n`,
      room: Prisma.sql`n.room_id`,
      character: Prisma.sql`${characterId}::uuid`,
    })}),
    unremembered as (${forgetRooms('entry')}),
    ${systemLines(characterDeleted, Prisma.sql`cross join changed`)}
    select exists (select 1 from actor) as active, (select allowed from target) as allowed, (select is_assistant from target) as "isAssistant",
      exists (select 1 from changed) as deleted, ${entriesWritten} as written`);
  return row!;
}
