import { AppError, maxListedCommands, type BotCommand, type BotCommandView } from '@parley/contracts';
import { commands as ownCommands } from '@parley/contracts/commands';
import { Prisma } from '@parley/db';
import type { AuthorizedRoom } from '../access/authorized-room.js';
import type { CoreDeps } from '../deps.js';
import { userView } from '../protocol/presenters.js';
import { userJson, type UserRow } from '../protocol/room-rows.js';
import { activeActor } from '../sessions/active-actor.js';
import type { Actor } from '../sessions/actor.js';
import { refuseInactive } from '../sessions/load-actor.js';
import { accountOpen } from '../sessions/standing-session.js';

/** A command as the row keeps it. */
type StoredCommand = Pick<BotCommandView, 'name' | 'args' | 'help'>;

/**
 * Says what commands the actor, a bot, has, in place of those it had. All are written or none: they are one row.
 *
 * @throws AppError FORBIDDEN to people; VALIDATION for a name that a command of the server has; SESSION_REVOKED, ACCOUNT_DISABLED
 */
export async function setBotCommands(
  deps: Pick<CoreDeps, 'db'>,
  actor: Actor,
  { commands }: { commands: readonly BotCommand[] },
): Promise<void> {
  const taken = commands.findIndex(({ name }) => ownCommands.some((own) => own.name === name));
  if (taken !== -1) {
    const { name } = commands[taken]!;
    throw new AppError('VALIDATION', `/${name} is a command of this server. Choose another name.`, { field: `commands.${taken}.name` });
  }
  const stored: StoredCommand[] = commands.map(({ name, help, arguments: args }) => ({ name, args, help }));
  const [row] = await deps.db.$queryRaw<{ acts: boolean; isBot: boolean }[]>(Prisma.sql`
    with actor as (${activeActor(actor)}),
    bot as (select u.id from users u join actor on actor.id = u.id where u.owner_id is not null),
    said as (
      insert into bot_commands as c (bot_id, commands) select bot.id, ${JSON.stringify(stored)}::jsonb from bot
      on conflict (bot_id) do update set commands = excluded.commands
      returning c.bot_id
    )
    select exists (select 1 from actor) as acts, exists (select 1 from said) as "isBot"`);
  if (!row?.acts) return await refuseInactive(deps, actor);
  if (!row.isBot) throw new AppError('FORBIDDEN', 'Only a bot has commands. Call this by a key of the bot.');
}

/**
 * The commands of the bots in a room, by the bots' usernames, in each bot's own order. What a bot says counts while it is in the room and
 * its account is open.
 *
 * @param name bots with a command of this name come first, so that in a room of very many bots none of them is left out
 */
export async function listBotCommands(
  { db }: Pick<CoreDeps, 'db'>,
  { roomId }: Pick<AuthorizedRoom, 'roomId'>,
  { name = '' }: { name?: string } = {},
): Promise<BotCommandView[]> {
  const rows = await db.$queryRaw<{ bot: UserRow; commands: StoredCommand[] }[]>(Prisma.sql`
    select ${userJson('u')} as bot, c.commands
    from bot_commands c join users u on u.id = c.bot_id
    join room_members m on m.room_id = ${roomId}::uuid and m.user_id = u.id and m.left_rev is null
    where ${accountOpen} and c.commands <> '[]'
    order by c.commands @> ${JSON.stringify([{ name }])}::jsonb desc, u.username limit ${maxListedCommands}::int`);
  return rows.flatMap(({ bot, commands }) => commands.map((command) => ({ ...command, private: false, bot: userView(bot) })));
}

/** Body of a CTE that forgets the commands of a bot. @param from a source with the bot's id, without the word `from` */
export function deleteBotCommands(from: Prisma.Sql, id: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`delete from bot_commands c using ${from} where c.bot_id = ${id} returning c.bot_id`;
}
