import { Prisma } from '@parley/db';

/** The only statements that write `characters`. */

const columns = {
  name: 'name',
  tagline: 'tagline',
  avatar: 'avatar',
  systemPrompt: 'system_prompt',
  model: 'model',
  temperature: 'temperature',
  greeting: 'greeting',
  card: 'card',
  tools: 'tools',
  ownerId: 'owner_id',
  deletedAt: 'deleted_at',
} as const;

/** Columns with an expression of their value. */
export type CharacterValues = Partial<Record<keyof typeof columns, Prisma.Sql>>;

/** A new character. Its id, its handle and whether it is the assistant never change. A column left out of `values` has its default. */
export interface NewCharacter {
  id: Prisma.Sql;
  handle: Prisma.Sql;
  isAssistant: boolean;
  values: CharacterValues & Required<Pick<CharacterValues, 'name' | 'avatar'>>;
}

/** Body of a CTE that makes a character and yields its row. @param from sources, without the word `from` */
export function insertCharacter({ id, handle, isAssistant, values }: NewCharacter, from: Prisma.Sql): Prisma.Sql {
  const given = columnsOf(values);
  return Prisma.sql`
    insert into characters (id, handle, is_assistant, ${Prisma.raw(given.map(([name]) => name).join(', '))})
    select ${id}, ${handle}, ${isAssistant}::boolean, ${Prisma.join(given.map(([, value]) => value))} from ${from}
    returning *`;
}

/**
 * Body of a CTE that changes characters and yields their rows.
 *
 * @param change.from sources, without the word `from`
 * @param change.which condition on `ch` and the sources
 */
export function changeCharacters(change: { set: CharacterValues; from: Prisma.Sql; which: Prisma.Sql }): Prisma.Sql {
  const assignments = columnsOf(change.set).map(([name, value]) => Prisma.sql`${Prisma.raw(name)} = ${value}`);
  return Prisma.sql`
    update characters ch set ${Prisma.join(assignments)} from ${change.from} where ${change.which}
    returning ch.*`;
}

function columnsOf(values: CharacterValues): [string, Prisma.Sql][] {
  return (Object.keys(columns) as (keyof typeof columns)[]).flatMap((key) => {
    const value = values[key];
    return value === undefined ? [] : [[columns[key], value]];
  });
}
