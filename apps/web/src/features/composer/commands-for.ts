import type { BotCommandView, RoomRole } from '@parley/contracts';
import { callOf, commands, mayCall } from '@parley/contracts/commands';
import type { CallableCommand } from './completion.js';

/** Commands that someone with this role may call in a room, those of its bots last. */
export function commandsFor(role: RoomRole, ofBots: readonly BotCommandView[]): CallableCommand[] {
  return [
    ...commands
      .filter((command) => mayCall(role, command))
      .map(({ name, args, help, suggest }) => ({ call: name, args, help, bot: null, ...(suggest ? { suggest } : {}) })),
    ...ofBots.map((command) => ({ call: callOf(command, ofBots), args: command.args, help: command.help, bot: command.bot })),
  ];
}
