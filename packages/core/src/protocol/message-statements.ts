import { Prisma } from '@parley/db';
import { v7 as uuidv7 } from 'uuid';
import { numbersOf, type Count, type Numbers } from './counter-statements.js';
import { messageJson } from './message-rows.js';

/**
 * The only statements that write `messages`. A new message has the seq and rev that its statement took. A changed message takes a new
 * rev of the room; without that rev no reader would find the change.
 */

/** Columns that may change after a message was written, each with an expression of its value. `system` is what a system line says. */
export type MessageValues = Partial<Record<keyof typeof changeable, Prisma.Sql>>;

const changeable = {
  authorName: 'author_name',
  authorHandle: 'author_handle',
  authorAvatar: 'author_avatar',
  content: 'content',
  system: 'system',
  words: 'words',
  status: 'status',
  attempt: 'attempt',
  mentions: 'mentions',
  reactions: 'reactions',
  editedAt: 'edited_at',
  deletedAt: 'deleted_at',
  pinnedAt: 'pinned_at',
  hiddenFromAi: 'hidden_from_ai',
  hiddenAt: 'hidden_at',
  reply: 'reply',
  error: 'error',
} as const;

/** The columns of a text: itself, and its words for the search. A worker writes the words where a statement does not. */
export function textColumns(content: string, words: string): { content: Prisma.Sql; words: Prisma.Sql } {
  return { content: Prisma.sql`${content}::text`, words: Prisma.sql`${words}::tsvector` };
}

/** A new message: the columns that never change, and in `values` those that may. */
export interface NewMessage extends Numbers {
  id: Prisma.Sql;
  room: Prisma.Sql;
  kind: 'text' | 'reply' | 'system' | Prisma.Sql;
  author: { type: 'user' | 'character' | 'system' | Prisma.Sql; id: Prisma.Sql; name: Prisma.Sql; handle: Prisma.Sql; avatar: Prisma.Sql };
  replyTo?: Prisma.Sql;
  clientId?: Prisma.Sql;
  /** The bot whose command the text is. @default none */
  commandBot?: Prisma.Sql;
  /** @default now */
  createdAt?: Prisma.Sql;
  /** Whether a file brought the message, whose author is then a claim of that file. @default false */
  imported?: Prisma.Sql;
  /** Columns left out have their defaults. */
  values: Omit<MessageValues, 'authorName' | 'authorHandle' | 'authorAvatar'> & { content: Prisma.Sql };
}

/**
 * Body of a CTE that writes messages; it yields `id`, `room_id`, `seq`, `rev` and the row as `json`.
 *
 * @param from sources, without the word `from`; perhaps with `where` and `order by`. Each row becomes one message
 */
export function insertMessages(message: NewMessage, from: Prisma.Sql): Prisma.Sql {
  const { author, replyTo, clientId, commandBot, createdAt, imported, values } = message;
  const columns: [string, Prisma.Sql | undefined][] = [
    ['id', message.id],
    ['room_id', message.room],
    ['seq', message.seq],
    ['rev', message.rev],
    ['kind', literal(message.kind)],
    ['author_type', literal(author.type)],
    ['author_id', author.id],
    ['author_name', author.name],
    ['author_handle', author.handle],
    ['author_avatar', author.avatar],
    ['reply_to', replyTo],
    ['client_id', clientId],
    ['command_bot_id', commandBot],
    ['created_at', createdAt],
    ['imported', imported],
    ...columnsOf(values),
  ];
  const given = columns.filter((column): column is [string, Prisma.Sql] => column[1] !== undefined);
  return Prisma.sql`
    insert into messages as m (${Prisma.raw(given.map(([name]) => name).join(', '))})
    select ${Prisma.join(given.map(([, value]) => value))}
    from ${from}
    returning m.id, m.room_id, m.seq, m.rev, ${messageJson('m')} as json`;
}

/** The author of a reply, from a source `asked` with the character's `character_id`, `name`, `handle` and `avatar`. */
export const askedCharacter = {
  type: 'character',
  id: Prisma.sql`asked.character_id`,
  name: Prisma.sql`asked.name`,
  handle: Prisma.sql`asked.handle`,
  avatar: Prisma.sql`asked.avatar`,
} as const;

/**
 * Body of a CTE that writes a character's greeting as the last message of its statement.
 *
 * @param character alias of a source with the character's `id`, `name`, `handle`, `avatar` and `greeting`; always a literal
 * @param from sources, without the word `from`: `counter c` and the character's source, perhaps with `where`
 */
export function insertGreeting(character: string, from: Prisma.Sql): Prisma.Sql {
  const column = (name: string) => Prisma.raw(`${character}.${name}`);
  return insertMessages(
    {
      id: Prisma.sql`${uuidv7()}::uuid`,
      room: Prisma.sql`c.room_id`,
      ...numbersOf('c'),
      kind: 'text',
      author: { type: 'character', id: column('id'), name: column('name'), handle: column('handle'), avatar: column('avatar') },
      values: { content: column('greeting') },
    },
    from,
  );
}

export interface MessageUpdate {
  set: MessageValues;
  /** Sources beside `counter`, without the word `from`; perhaps with joins. */
  from: Prisma.Sql;
  /** Which message: an expression of its id. */
  id: Prisma.Sql;
  /** How many revs the statement took after the rev of this change. @default 0 */
  after?: Count;
}

/**
 * Body of a CTE that changes messages, and yields `id` and the row as `json`. The statement must have locked the messages before it took
 * a number. The CTE `counter` stands before this one: the change takes a rev of `counter`, and nothing changes where `counter` has no
 * row.
 */
export function changeMessages({ set, from, id, after = 0 }: MessageUpdate): Prisma.Sql {
  const assignments = columnsOf(set).map(([name, value]) => Prisma.sql`${Prisma.raw(name)} = ${value}`);
  return Prisma.sql`
    update messages m set ${Prisma.join([...assignments, Prisma.sql`rev = ${numbersOf('counter', after).rev}`])}
    from counter cross join ${from} where m.id = ${id}
    returning m.id, ${messageJson('m')} as json`;
}

/**
 * The statement that gives messages their words, where they have none and are as they were read, by their `rev`. It takes no rev: words
 * are no part of what a reader sees.
 */
export function writeWords(rows: readonly { id: string; rev: number; words: string }[]): Prisma.Sql {
  return Prisma.sql`
    with given as (select * from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as r (id uuid, rev int, words text)),
    picked as (
      select m.id, given.words from given join messages m on m.id = given.id
      where m.rev = given.rev and m.words is null order by m.id for no key update of m skip locked
    )
    update messages m set words = picked.words::tsvector from picked where m.id = picked.id`;
}

/** The statement that deletes the messages of a room which nobody has entered yet. If anyone ever entered the room, the messages stay. */
export function deleteStagedMessages(roomId: string): Prisma.Sql {
  return Prisma.sql`
    delete from messages m where m.room_id = ${roomId}::uuid and not exists (select 1 from room_members own where own.room_id = m.room_id)`;
}

function columnsOf(values: MessageValues): [string, Prisma.Sql][] {
  return (Object.keys(changeable) as (keyof typeof changeable)[]).flatMap((key) => {
    const value = values[key];
    return value === undefined ? [] : [[changeable[key], value]];
  });
}

function literal(value: string | Prisma.Sql): Prisma.Sql {
  return typeof value === 'string' ? Prisma.raw(`'${value}'`) : value;
}
