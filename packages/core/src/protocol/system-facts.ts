import { habits, type AutoReply, type RoomRole, type SystemFact } from '@parley/contracts';
import { Prisma } from '@parley/db';

/**
 * What a system line says: its facts, and a plain English sentence with the same content for clients that only show text. Every line
 * that a room can be told is in this file. SQL makes both parts of the same columns, because the names come from rows that the statement
 * locked; `systemText` of contracts makes the same sentence of the facts. In the statements, `actor` is the person writing, and `person`
 * is the one whose membership the line is about.
 */
export interface Said {
  /** A {@link SystemFact}, as `jsonb`. */
  fact: Prisma.Sql;
  sentence: Prisma.Sql;
}

export const joined = said({ type: 'joined', actor: actor() }, Prisma.sql`${named('actor')} || ' joined.'`);

export const left = said({ type: 'left', actor: actor() }, Prisma.sql`${named('actor')} || ' left.'`);

export const added = said(
  { type: 'added', actor: actor(), person: person() },
  Prisma.sql`${named('actor')} || ' added ' || ${named('person')} || '.'`,
);

export const removed = said(
  { type: 'removed', actor: actor(), person: person() },
  Prisma.sql`${named('actor')} || ' removed ' || ${named('person')} || '.'`,
);

const roleNames: Record<RoomRole, string> = { owner: 'an owner', moderator: 'a moderator', member: 'a member' };

export function madeRole(role: RoomRole): Said {
  return said(
    { type: 'role', actor: actor(), person: person(), role: Prisma.sql`${role}::text` },
    Prisma.sql`${named('actor')} || ' made ' || ${named('person')} || ${` ${roleNames[role]}.`}::text`,
  );
}

/** @param changes of a fact of type `room`, as a `jsonb` array */
export function roomChanged(changes: Prisma.Sql): Said {
  return said(
    { type: 'room', actor: actor(), changes },
    Prisma.sql`${named('actor')} || ' ' || (
      select string_agg(case change ->> 'type'
        when 'renamed' then 'renamed the room to “' || (change ->> 'name') || '”'
        when 'topic' then case change ->> 'topic' when '' then 'removed the topic' else 'set the topic to “' || (change ->> 'topic') || '”' end
        when 'visibility' then 'made the room ' || (change ->> 'visibility')
        when 'replyControl' then case change ->> 'replyControl' when 'anyone' then 'let everyone stop replies and have them written again'
          else 'left it to askers and moderators to stop replies and have them written again' end
        when 'archived' then 'archived the room'
        when 'reopened' then 'reopened the room'
        when 'aiPaused' then 'paused AI here'
        when 'aiResumed' then 'resumed AI here'
        when 'aiProviders' then case when jsonb_typeof(change -> 'providers') = 'null' then 'let all AI providers of this server answer here'
          when change -> 'providers' = '[]' then 'let only the built-in model answer here'
          else 'let only these AI providers answer here: ' || (select string_agg(name, ', ' order by nth) from jsonb_array_elements_text(change -> 'providers') with ordinality listed (name, nth)) end
        when 'retention' then coalesce('had messages older than ' || (change ->> 'days') || ' days removed', 'left it to the server how long messages are kept') end, ' and ' order by place)
      from jsonb_array_elements(${changes}) with ordinality made (change, place)
    ) || '.'`,
  );
}

/** The character is the row `chosen`. @param here condition that the character was in the room already, so that only its habit changes */
export function characterPlaced(here: Prisma.Sql, autoReply: AutoReply): Said {
  const fields = { actor: actor(), character: character('chosen'), autoReply: Prisma.sql`${autoReply}::text` };
  const { who, when } = habits[autoReply];
  const entered = said(
    { type: 'characterAdded', ...fields },
    Prisma.sql`${named('actor')} || ' added ' || chosen.name || ${`${who}.`}::text`,
  );
  const changed = said(
    { type: 'characterHabit', ...fields },
    Prisma.sql`${named('actor')} || ' set ' || chosen.name || ${` to answer ${when}.`}::text`,
  );
  return {
    fact: Prisma.sql`case when ${here} then ${changed.fact} else ${entered.fact} end`,
    sentence: Prisma.sql`case when ${here} then ${changed.sentence} else ${entered.sentence} end`,
  };
}

/**
 * The character is the row `changed`.
 *
 * @param handedTo who writes its answers from now on, in SQL; null if that did not change
 */
export function characterInstructed(handedTo: Prisma.Sql): Said {
  const fields = { actor: actor(), character: character('changed') };
  const instructed = said(
    { type: 'characterInstructed', ...fields },
    Prisma.sql`${named('actor')} || ' changed ' || changed.name || '’s instructions.'`,
  );
  const handed = said(
    { type: 'characterInstructed', ...fields, handedTo },
    Prisma.sql`${named('actor')} || ' handed ' || changed.name || '’s answers to a ' || case ${handedTo} when 'program' then 'program outside of this server' else 'model' end || '.'`,
  );
  return {
    fact: Prisma.sql`case when ${handedTo} is null then ${instructed.fact} else ${handed.fact} end`,
    sentence: Prisma.sql`case when ${handedTo} is null then ${instructed.sentence} else ${handed.sentence} end`,
  };
}

/** The character is the row `chosen`. */
export const characterRemoved = said(
  { type: 'characterRemoved', actor: actor(), character: character('chosen') },
  Prisma.sql`${named('actor')} || ' removed ' || chosen.name || '.'`,
);

/** The character is the row `changed`. */
export const characterDeleted = said(
  { type: 'characterDeleted', character: character('changed') },
  Prisma.sql`changed.name || ' was deleted.'`,
);

export const charactersStopped = said(
  { type: 'charactersStopped' },
  Prisma.sql`'The characters stop here: one message sets off so many answers and no more. Say something to go on.'`,
);

export const imported = said(
  { type: 'imported', actor: actor() },
  Prisma.sql`${named('actor')} || ' imported this room. What stands above was written elsewhere; names and times are those of the file.'`,
);

/** A fact with each of its fields in SQL. */
type InSql<Fact> = Fact extends { type: infer Type }
  ? { type: Type } & { [Field in keyof Fact as Exclude<Field, 'type'>]: Prisma.Sql }
  : never;

function said({ type, ...fields }: InSql<SystemFact>, sentence: Prisma.Sql): Said {
  const pairs = Object.entries<Prisma.Sql>(fields).map(([key, value]) => Prisma.sql`${Prisma.raw(`'${key}'`)}, ${value}`);
  return { fact: Prisma.sql`jsonb_build_object(${Prisma.join([Prisma.raw(`'type', '${type}'`), ...pairs])})`, sentence };
}

function actor(): Prisma.Sql {
  return account('actor');
}

function person(): Prisma.Sql {
  return account('person');
}

/** An account as a fact names it. Only the avatar of a bot has a glyph. */
function account(alias: 'actor' | 'person'): Prisma.Sql {
  return Prisma.raw(`(jsonb_build_object('id', ${alias}.id, 'name', ${alias}.display_name)
    || case when ${alias}.avatar ->> 'glyph' is null then '{}'::jsonb else '{"bot": true}'::jsonb end)`);
}

/** The same in the sentence. */
function named(alias: 'actor' | 'person'): Prisma.Sql {
  return Prisma.raw(`(${alias}.display_name || case when ${alias}.avatar ->> 'glyph' is null then '' else ' (bot)' end)`);
}

function character(alias: 'chosen' | 'changed'): Prisma.Sql {
  return Prisma.raw(`jsonb_build_object('id', ${alias}.id, 'name', ${alias}.name)`);
}
