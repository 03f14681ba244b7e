import { z } from 'zod';

/** A command as `commands.list` returns it. */
export const commandViewSchema = z.object({
  /** Without the slash. */
  name: z.string(),
  /** Arguments as shown in help: `[a]` optional, `|` either. Empty for a command without arguments. */
  args: z.string(),
  help: z.string(),
  /** True if only the person who asks sees the answer. */
  private: z.boolean(),
});
export type CommandView = z.infer<typeof commandViewSchema>;
