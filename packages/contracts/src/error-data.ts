import { z } from 'zod';
import { appErrorDetailsSchema } from './error-details.js';
import { appErrors, type AppErrorCode } from './errors.js';

/** What a client finds in an error's `data`, beside tRPC's own fields. */
export const appErrorDataSchema = appErrorDetailsSchema.extend({
  appCode: z.enum(Object.keys(appErrors) as AppErrorCode[]),
  /** Names this call in the server's log. */
  correlationId: z.string().exactOptional(),
});
export type AppErrorData = z.infer<typeof appErrorDataSchema>;
