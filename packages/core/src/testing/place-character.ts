import type { AutoReply } from '@parley/contracts';
import { Prisma } from '@parley/db';
import { v7 as uuidv7 } from 'uuid';
import type { CoreDeps } from '../deps.js';

export interface PlacedCharacter {
  handle: string;
  /** @default the handle, capitalised */
  name?: string;
  systemPrompt?: string;
  /** @default '' */
  tagline?: string;
  /** @default null, the instance's default */
  model?: string | null;
  temperature?: number | null;
  /** @default none */
  tools?: string[];
  /** @default 'mention' */
  autoReply?: AutoReply;
}

/** Makes a character and puts it into a room. The character knows only what is said from then on. @returns its id */
export async function placeCharacter({ db }: Pick<CoreDeps, 'db'>, roomId: string, character: PlacedCharacter): Promise<string> {
  const { handle, name = handle[0]!.toUpperCase() + handle.slice(1), systemPrompt = '', model = null } = character;
  const { temperature = null, autoReply = 'mention', tagline = '', tools = [] } = character;
  await db.handle.upsert({ where: { handle }, create: { handle }, update: {} });
  const { id } = await db.character.upsert({
    where: { handle },
    create: { id: uuidv7(), handle, name, tagline, avatar: { hue: 30, glyph: 'bot' }, systemPrompt, model, temperature, tools },
    update: {},
  });
  await db.$executeRaw(Prisma.sql`
    with counter as (
      update room_counters set last_rev = last_rev + 1, members_rev = last_rev + 1 where room_id = ${roomId}::uuid returning *
    )
    insert into room_characters (room_id, character_id, auto_reply, joined_seq, rev)
    select counter.room_id, ${id}::uuid, ${autoReply}::text, counter.last_seq, counter.last_rev from counter`);
  return id;
}
