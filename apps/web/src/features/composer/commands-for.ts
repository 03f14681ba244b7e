import type { BotCommandView, RoomFacts } from '@parley/contracts';
import { callOf, commands, isOffered } from '@parley/contracts/commands';
import type { CallableCommand } from './completion.js';

/** Commands that someone may call in a room, those of its bots last. */
export function commandsFor(room: RoomFacts, ofBots: readonly BotCommandView[]): CallableCommand[] {
  return [
    ...commands
      .filter((command) => isOffered(room, command))
      .map(({ name, args, help, suggest }) => ({ call: name, args, help, bot: null, ...(suggest ? { suggest } : {}) })),
    ...ofBots.map((command) => ({ call: callOf(command, ofBots), args: command.args, help: command.help, bot: command.bot })),
  ];
}
