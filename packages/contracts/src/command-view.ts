import { z } from 'zod';

/** A command as `commands.list` tells of it. */
export const commandViewSchema = z.object({
  /** Without the slash. */
  name: z.string(),
  /** Arguments as shown in help: `[a]` optional, `|` either. Empty when it takes none. */
  args: z.string(),
  help: z.string(),
  /** True when the command's answer is seen by the asker alone. */
  private: z.boolean(),
});
export type CommandView = z.infer<typeof commandViewSchema>;
