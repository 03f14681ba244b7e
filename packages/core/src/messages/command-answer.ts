import type { RoomOperationName } from '@parley/contracts';
import type { CoreCommand } from '@parley/contracts/commands';
import type { AuthorizedRoom } from '../access/authorized-room.js';
import type { CoreDeps } from '../deps.js';

/**
 * Does an operation in the room for whoever called the command: with their rights in it, and counted against its limits, as if they had
 * called the operation itself.
 *
 * @param about whom it is about, where a limit counts by that
 * @throws what `RoomAccess.run` throws, RATE_LIMITED, and what `fn` throws
 */
export type ActInRoom = <T>(
  operation: RoomOperationName,
  fn: (room: AuthorizedRoom) => Promise<T>,
  about?: { username: string },
) => Promise<T>;

/** How a command that needs no model is answered. */
export interface CommandAnswer {
  command: string;
  acts: boolean;
  /** Gives the answer as Markdown. `args` are what the command's schema made of its arguments; `replyTo` is the message that the call answers. */
  answer(deps: CoreDeps, room: AuthorizedRoom, args: unknown, act: ActInRoom, replyTo: string | null): Promise<string>;
}

/** Makes the use case of a command that needs no model: the default export of `commands/<name>.ts`. */
export function defineAnswer<Args>(
  { name, acts }: CoreCommand<Args>,
  answer: (deps: CoreDeps, room: AuthorizedRoom, args: Args, act: ActInRoom, replyTo: string | null) => Promise<string>,
): CommandAnswer {
  // The plan has parsed the arguments by the schema of this same command.
  return { command: name, acts: acts ?? false, answer: (deps, room, args, act, replyTo) => answer(deps, room, args as Args, act, replyTo) };
}
