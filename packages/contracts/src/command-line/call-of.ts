import type { BotCommandView } from '../command-view.js';
import { commands } from './commands.js';

/**
 * What stands after the slash to call a command of a bot: its name, or `name@bot` where another bot of the room, or the server, has a
 * command of that name too.
 *
 * @param all the commands of the room's bots
 */
export function callOf({ name, bot }: BotCommandView, all: readonly BotCommandView[]): string {
  const isShared = commands.some((own) => own.name === name) || all.some((other) => other.name === name && other.bot.id !== bot.id);
  return isShared ? `${name}@${bot.username}` : name;
}
