import type { RoomRole } from '@parley/contracts';
import { commands, mayCall, type Command } from '@parley/contracts/commands';

/** Commands that someone with this role may call. */
export function commandsFor(role: RoomRole): Command[] {
  return commands.filter((command) => mayCall(role, command));
}
