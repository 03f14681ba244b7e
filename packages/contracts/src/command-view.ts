import { z } from 'zod';
import { userViewSchema } from './views.js';

/** A command as `commands.list` returns it. */
export const commandViewSchema = z.object({
  /** Without the slash. */
  name: z.string(),
  /** Arguments as shown in help: `[a]` optional, `|` either. Empty for a command without arguments. */
  args: z.string(),
  help: z.string(),
  /** True if only the person who asks sees the answer. */
  private: z.boolean(),
  /** The bot of the room whose command it is; null for those of the server. */
  bot: userViewSchema.nullable(),
});
export type CommandView = z.infer<typeof commandViewSchema>;

/** A command of a bot that is in the room. */
export type BotCommandView = CommandView & { bot: NonNullable<CommandView['bot']> };
