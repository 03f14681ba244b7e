import { agentModel, AppError, type Avatar, type CharacterDetails, type CharacterTool } from '@parley/contracts';
import { Prisma } from '@parley/db';
import { namesAreFree, refuseMisleadingName, type Naming } from '../accounts/misleading-name.js';
import { maySql } from '../access/decision-sql.js';
import { activeActor } from '../sessions/active-actor.js';
import type { Actor } from '../sessions/actor.js';
import { refuseInactive } from '../sessions/load-actor.js';
import { auditEntries } from '../audit/audit-statements.js';
import type { CoreDeps } from '../deps.js';
import { publishDirectTitles } from '../rooms/publish-direct-titles.js';
import { changeCharacters } from '../protocol/character-statements.js';
import { numbersOf } from '../protocol/counter-statements.js';
import { changeEntries } from '../protocol/member-statements.js';
import { hasUnfinishedReply } from '../jobs/agent-kinds.js';
import { deletePermissions } from '../jobs/permission-statements.js';
import { characterInstructed } from '../protocol/system-facts.js';
import { systemLines } from '../protocol/system-line.js';
import { touchRooms } from '../protocol/touch-rooms.js';
import { announceEntries, entriesWritten, type EntryWritten } from './announce-entries.js';
import { characterDetails, characterJson, characterVersion, type CharacterRow } from '../protocol/character-rows.js';

/** Fields left out stay as they are; null removes the model or the temperature. */
export interface UpdateCharacterInput {
  characterId: string;
  /** Versions of which it has to be one, see {@link characterVersion}. @default any */
  ifVersion?: readonly string[] | undefined;
  name?: string | undefined;
  tagline?: string | undefined;
  avatar?: Avatar | undefined;
  systemPrompt?: string | undefined;
  model?: string | null | undefined;
  temperature?: number | null | undefined;
  greeting?: string | undefined;
  tools?: readonly CharacterTool[] | undefined;
}

type HandedTo = 'program' | 'model';

interface UpdateResult {
  active: boolean;
  exists: boolean;
  /** False if somebody took a name that looks alike just before; null if there is no such character. */
  free: boolean | null;
  isAdmin: boolean | null;
  /** True if nobody could serve it as an agent. */
  unserved: boolean | null;
  /** True if an agent would begin or cease to write its answers while one is under way. */
  busy: boolean | null;
  allowed: boolean | null;
  /** False if the character is none of the versions that the actor knows. */
  known: boolean | null;
  character: CharacterRow | null;
  /** True if something changed of which rooms are told. */
  shows: boolean;
  /** True if rooms are told that it was changed in what they do not see. */
  instructed: boolean;
  /** Who writes its answers from now on; null if that did not change. */
  handedTo: HandedTo | null;
  written: EntryWritten[];
}

/**
 * Changes a character. Its rooms are told if something that they show changed; its earlier messages keep their name and looks. Its next
 * reply is written by the new prompt; a line says in its rooms who changed that, and nothing of what it says. Another line says who had a
 * program write its answers, because the program reads what its rooms say. Of several changes in a row by one person a room is told once,
 * but of a program each time that its last message does not say so.
 *
 * @throws AppError PRECONDITION_FAILED for a character that is none of `ifVersion`; USERNAME_TAKEN for a name that misleads; REPLY_IN_PROGRESS if an agent is to write its answers, or no longer, while one is under way;
 * VALIDATION for an agent that nobody could serve; CHARACTER_NOT_FOUND; FORBIDDEN to all but its owner and admins; SESSION_REVOKED, ACCOUNT_DISABLED
 */
export async function updateCharacter(deps: CoreDeps, actor: Actor, input: UpdateCharacterInput): Promise<CharacterDetails> {
  const naming = input.name === undefined ? null : await newName(deps, actor, input.characterId, input.name);
  if (naming) await refuseMisleadingName(deps, naming);
  const result = await write(deps, actor, input, naming);
  if (naming && result.free === false) {
    await refuseMisleadingName(deps, naming);
    throw new AppError('CONFLICT');
  }
  if (!result.character) {
    if (!result.active) return await refuseInactive(deps, actor);
    if (result.allowed && result.known === false) throw new AppError('PRECONDITION_FAILED');
    if (result.unserved)
      throw new AppError('VALIDATION', 'Nobody made this character, so nobody could serve it as an agent.', { field: 'model' });
    if (result.busy)
      throw new AppError('REPLY_IN_PROGRESS', 'It is answering just now. Stop its answers, or wait for them, then change the model.', {
        field: 'model',
      });
    throw result.exists
      ? new AppError('FORBIDDEN', 'Only whoever made this character can change it.')
      : new AppError('CHARACTER_NOT_FOUND');
  }
  announceEntries(deps, result.written, false);
  if (result.shows) {
    const touched = result.written.map(({ roomId }) => roomId);
    await tellRemaining(deps, actor.userId, input.characterId, result, touched);
    await publishDirectTitles(deps, touched, null);
  }
  return characterDetails(result.character, { userId: actor.userId, role: result.isAdmin ? 'admin' : 'user' });
}

/** @returns null for a name that the character has already, which may stay, whatever it looks like */
async function newName(deps: Pick<CoreDeps, 'db'>, actor: Actor, characterId: string, name: string): Promise<Naming | null> {
  const kept = await deps.db.$queryRaw<unknown[]>(
    Prisma.sql`select 1 as one from characters where id = ${characterId}::uuid and name = ${name}::text`,
  );
  return kept.length > 0 ? null : { name: { text: name, field: 'name' }, of: 'character', userId: actor.userId };
}

async function write(deps: Pick<CoreDeps, 'db'>, actor: Actor, input: UpdateCharacterInput, naming: Naming | null): Promise<UpdateResult> {
  const {
    name = null,
    tagline = null,
    avatar,
    systemPrompt = null,
    model,
    temperature,
    greeting = null,
    tools = null,
    ifVersion = null,
  } = input;
  const toAgent = model === agentModel;
  const switches =
    model === undefined ? Prisma.sql`false` : Prisma.sql`(ch.model is not distinct from ${agentModel}::text) <> ${toAgent}::boolean`;
  const [row] = await deps.db.$queryRaw<UpdateResult[]>(Prisma.sql`
    with actor as (${activeActor(actor)}),
    named as (select actor.id, ${naming ? namesAreFree(naming) : Prisma.sql`true`} as free from actor),
    target as (
      select ch.*, named.free, ${maySql('characters.update', Prisma.sql`u.is_admin`, Prisma.sql`ch.owner_id is not distinct from actor.id`)} as allowed, u.is_admin,
        ${toAgent}::boolean and ch.owner_id is null and not ch.is_assistant as unserved, ${switches} and ${hasUnfinishedReply} as busy,
        ${ifVersion}::text[] is null or ${characterVersion('ch')} = any(${ifVersion}::text[]) as known
      from characters ch cross join actor join named on named.id = actor.id join users u on u.id = actor.id
      where ch.id = ${input.characterId}::uuid and ch.deleted_at is null
      for no key update of ch
    ),
    changed as (${changeCharacters({
      set: {
        name: Prisma.sql`coalesce(${name}::text, target.name)`,
        tagline: Prisma.sql`coalesce(${tagline}::text, target.tagline)`,
        avatar: Prisma.sql`coalesce(${avatar ? JSON.stringify(avatar) : null}::jsonb, target.avatar)`,
        systemPrompt: Prisma.sql`coalesce(${systemPrompt}::text, target.system_prompt)`,
        greeting: Prisma.sql`coalesce(${greeting}::text, target.greeting)`,
        tools: Prisma.sql`coalesce(${tools && [...new Set(tools)]}::text[], target.tools)`,
        model: Prisma.sql`case when ${model !== undefined}::boolean then ${model ?? null}::text else target.model end`,
        temperature: Prisma.sql`case when ${temperature !== undefined}::boolean then ${temperature ?? null}::float8 else target.temperature end`,
      },
      from: Prisma.sql`target`,
      which: Prisma.sql`ch.id = target.id and target.allowed and target.known and target.free and not target.unserved and not target.busy`,
    })}),
    -- What others allowed it always they allowed with the instructions and the model of before.
    unallowed as (${deletePermissions(
      Prisma.sql`changed cross join target cross join actor`,
      Prisma.sql`p.character_id = changed.id and p.user_id <> actor.id
        and (changed.system_prompt, changed.model) is distinct from (target.system_prompt, target.model)`,
    )}),
    audited as (${auditEntries(
      {
        event: 'character.changed',
        by: actor,
        subject: { kind: 'character', id: Prisma.sql`changed.id`, name: Prisma.sql`changed.handle` },
        detail: { fields: Object.keys(input).filter((key) => key !== 'characterId' && key !== 'ifVersion') },
      },
      Prisma.sql`changed`,
    )}),
    visible as (
      select changed.id from changed join target on target.id = changed.id
      where (changed.name, changed.tagline, changed.avatar, changed.model, changed.system_prompt)
        is distinct from (target.name, target.tagline, target.avatar, target.model, target.system_prompt)
    ),
    instructed as (
      select case when (changed.model is not distinct from ${agentModel}::text) <> (target.model is not distinct from ${agentModel}::text)
          then case when ${toAgent}::boolean then 'program' else 'model' end end as handed_to
      from changed join target on target.id = changed.id
      where changed.system_prompt <> target.system_prompt
        or (changed.model is not distinct from ${agentModel}::text) <> (target.model is not distinct from ${agentModel}::text)
    ),
    ${touchRooms(
      { table: 'room_characters', column: 'character_id', cte: 'visible' },
      Prisma.sql`coalesce((select ${lineOf(actor.userId, input.characterId, Prisma.sql`instructed.handed_to`)} from instructed), 0)`,
      [],
    )},
    ${entry(input.characterId)},
    ${systemLines(characterInstructed(Prisma.sql`(select handed_to from instructed)`), Prisma.sql`cross join actor cross join changed`)}
    select exists (select 1 from actor) as active, (select free from target) as free, exists (select 1 from target) as exists, (select is_admin from target) as "isAdmin",
      (select allowed and unserved from target) as unserved, (select allowed and busy from target) as busy,
      (select allowed from target) as allowed, (select known from target) as known,
      exists (select 1 from visible) as shows, exists (select 1 from instructed) as instructed, (select handed_to from instructed) as "handedTo",
      (select ${characterJson('changed')} from changed) as character, ${entriesWritten} as written`);
  return row!;
}

/** Tells the rooms that the first statement did not reach, and those that the character entered while it ran: see {@link touchRooms}. */
async function tellRemaining(
  deps: CoreDeps,
  userId: string,
  characterId: string,
  { instructed, handedTo }: Pick<UpdateResult, 'instructed' | 'handedTo'>,
  touched: string[],
): Promise<void> {
  const handed = Prisma.sql`${handedTo}::text`;
  for (;;) {
    const [row] = await deps.db.$queryRaw<{ written: EntryWritten[] }[]>(Prisma.sql`
      with changed as (select ch.* from characters ch where ch.id = ${characterId}::uuid and ch.deleted_at is null for share of ch),
      actor as (select u.id, u.display_name, u.avatar from users u where u.id = ${userId}::uuid),
      ${touchRooms(
        { table: 'room_characters', column: 'character_id', cte: 'changed' },
        instructed ? lineOf(userId, characterId, handed) : 0,
        touched,
      )},
      ${entry(characterId)},
      ${systemLines(characterInstructed(handed), Prisma.sql`cross join actor cross join changed`)}
      select ${entriesWritten} as written`);
    const written = row?.written ?? [];
    if (written.length === 0) return;
    announceEntries(deps, written, false);
    touched.push(...written.map(({ roomId }) => roomId));
  }
}

/**
 * How many lines a room takes for new instructions: none if its last message says so already, of this person in this hour. That a program
 * reads along from now on is left out only where the last message says that. By the counter `c`.
 *
 * @param handedTo as of `characterInstructed`
 */
function lineOf(userId: string, characterId: string, handedTo: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`case when exists (
    select 1 from messages m
    where m.room_id = c.room_id and m.seq = c.last_seq and m.created_at > now() - interval '1 hour'
      and m.system ->> 'type' = 'characterInstructed'
      and m.system -> 'actor' ->> 'id' = ${userId}::text and m.system -> 'character' ->> 'id' = ${characterId}::text
      and (${handedTo} is distinct from 'program' or m.system ->> 'handedTo' = 'program')
  ) then 0 else 1 end`;
}

/** The character's row comes before the line, in rooms that take one. */
function entry(characterId: string): Prisma.Sql {
  const change = {
    set: {},
    rev: numbersOf('n', Prisma.sql`n.lines`).rev,
    from: Prisma.sql`numbered n`,
    room: Prisma.sql`n.room_id`,
    character: Prisma.sql`${characterId}::uuid`,
  };
  return Prisma.sql`entry as (${changeEntries(change)})`;
}
