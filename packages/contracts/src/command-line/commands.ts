import type { CommandView } from '../command-view.js';
import { commandFiles } from '../generated/commands.js';
import type { RoomRole } from '../views.js';
import { includesRole, may, type RoomFacts } from '../operations/decide.js';
import type { Command } from './define-command.js';

/** All commands, in the order of menus and help. */
export const commands: readonly Command[] = inOrder(Object.values(commandFiles));

export function inOrder(unordered: readonly Command[]): Command[] {
  return unordered.toSorted((a, b) => (a.order ?? 100) - (b.order ?? 100) || (a.name < b.name ? -1 : 1));
}

/** True if someone with this role may call the command. */
export function mayCall(role: RoomRole | null, { who = 'member' }: Command): boolean {
  return includesRole(role, who);
}

/** True if the command is offered to someone in a room: they may call it, and what it does. */
export function isOffered(room: RoomFacts, command: Command): boolean {
  const { operation } = command;
  return mayCall(room.role, command) && (!operation || may(operation, { instanceRole: 'user', room }));
}

export function commandView({ name, args, help, answer }: Command): CommandView {
  return { name, args, help, private: answer === 'asker', bot: null };
}
