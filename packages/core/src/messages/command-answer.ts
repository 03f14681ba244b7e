import type { CoreCommand } from '@parley/contracts/commands';
import type { AuthorizedRoom } from '../access/authorized-room.js';
import type { CoreDeps } from '../deps.js';

/** How a command that needs no model is answered. */
export interface CommandAnswer {
  command: string;
  /** Gives the answer as Markdown. `args` are what the command's schema made of its arguments. */
  answer(deps: Pick<CoreDeps, 'db'>, room: AuthorizedRoom, args: unknown): Promise<string>;
}

/** Makes the use case of a command that needs no model: the default export of `commands/<name>.ts`. */
export function defineAnswer<Args>(
  { name }: CoreCommand<Args>,
  answer: (deps: Pick<CoreDeps, 'db'>, room: AuthorizedRoom, args: Args) => Promise<string>,
): CommandAnswer {
  // The plan has parsed the arguments by the schema of this same command.
  return { command: name, answer: (deps, room, args) => answer(deps, room, args as Args) };
}
