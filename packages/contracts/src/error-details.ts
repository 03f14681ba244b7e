import { z } from 'zod';

/** What an error says besides its code and its sentence. */
export const appErrorDetailsSchema = z.object({
  /** Milliseconds to wait before the same call can succeed. */
  retryAfterMs: z.number().nonnegative().exactOptional(),
  /** The input field at fault, as a dotted path. */
  field: z.string().exactOptional(),
  /** What was probably meant: the nearest command name. */
  suggestion: z.string().exactOptional(),
  /** Of a sign-in whose first step succeeded: what the second step sends with the code. */
  step: z.string().exactOptional(),
  /** From which offset to send the text again, in UTF-16 units. */
  offset: z.int().nonnegative().exactOptional(),
});
export type AppErrorDetails = z.infer<typeof appErrorDetailsSchema>;
