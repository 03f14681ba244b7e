import { z } from 'zod';

/** What `GET /api/sse` streams: each event by its name, with its data. The names of fields are those of the protocol. */

/** The id of an answer: that of its message. One that had to be told anew has a dot and a number behind it. */
const messageId = z.string().regex(/^[0-9a-f-]{36}(?:\.\d{1,6})?$/);
const sessionId = z.string();

export const chatEventSchemas = {
  connected: z.object({ connection_id: z.uuid(), session_id: sessionId }),
  /** `chunk_id` counts from 0 for each connection and message, on from where a reader was that comes back. The last chunk may be empty. */
  chunk: z.object({
    session_id: sessionId,
    message_id: messageId,
    chunk_id: z.int().nonnegative(),
    chunk: z.string(),
    is_final: z.boolean(),
  }),
  message_complete: z.object({ message_id: messageId, token_count: z.int().nonnegative() }),
  /** `message_id` is null for an error of the stream, which then ends. `continued_as`: under which id the answer is told from its beginning. */
  error: z.object({ message_id: messageId.nullable(), code: z.string(), message: z.string(), continued_as: messageId.exactOptional() }),
  heartbeat: z.object({ timestamp: z.iso.datetime() }),
} as const;

export type ChatEventName = keyof typeof chatEventSchemas;
export type ChatEventData<Name extends ChatEventName> = z.infer<(typeof chatEventSchemas)[Name]>;

/** Codes of `error` beside those of errors and of failed replies. */
export const chatErrors = {
  ANSWER_RESTARTED: 'The answer was begun again, with another text. Drop what came of it; it is told anew under the id in continued_as.',
  ANSWER_DELETED: 'The answer was deleted.',
} as const;
