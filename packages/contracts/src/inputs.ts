import { z } from 'zod';
import { handlePattern } from './mentions.js';
import * as limits from './limits.js';
import { replyTriggerSchema } from './views.js';

/** Inputs of every procedure of DESIGN section 7 that exists, by the procedure's name. */

const roomId = z.uuid();
const messageId = z.uuid();
const seq = z.int().nonnegative().max(2_147_483_647);

/** PostgreSQL's text holds no U+0000; lone surrogates have no UTF-8. Both are refused rather than changed behind the sender's back. */
const text = z.string().refine((value) => !value.includes('\0') && value.isWellFormed(), 'must be well-formed Unicode without U+0000');

export const usernameSchema = z
  .string()
  .trim()
  .toLowerCase()
  .min(limits.minUsernameLength)
  .max(limits.maxUsernameLength)
  .regex(handlePattern, 'use letters, digits, “-”, “_” and inner dots, starting with a letter or digit');

const password = z.string().min(limits.minPasswordLength).max(limits.maxPasswordLength);
const transport = z.enum(['cookie', 'token']).default('token');

const content = text
  .refine((value) => value.trim() !== '', { message: 'MESSAGE_EMPTY' })
  .refine((value) => value.length <= limits.maxMessageBytes && limits.utf8Bytes(value) <= limits.maxMessageBytes, {
    message: 'MESSAGE_TOO_LARGE',
  });

export const authRegisterInput = z.object({
  username: usernameSchema,
  password,
  displayName: text.trim().min(1).max(limits.maxDisplayNameLength).optional(),
  /** Needed when REGISTRATION=invite. */
  invite: z.string().max(200).optional(),
  transport,
});
export const authLoginInput = z.object({
  username: z.string().trim().toLowerCase().max(200),
  password: z.string().max(limits.maxPasswordLength),
  transport,
});
/** Without `refreshToken` the cookie is read. */
export const authRefreshInput = z.object({ refreshToken: z.string().max(200).optional() }).default({});
export const authLogoutInput = z.object({ everywhere: z.boolean().default(false) }).default({ everywhere: false });

export const roomsListInput = z.object({ scope: z.enum(['joined', 'public']) });
export const roomsCreateInput = z.object({
  name: text.trim().min(1).max(limits.maxRoomNameLength),
  topic: text.trim().max(limits.maxTopicLength).default(''),
  visibility: z.enum(['public', 'private']).default('public'),
});
export const roomIdInput = z.object({ roomId });
export const roomsMarkReadInput = z.object({ roomId, seq });
export const roomsEventsInput = z.object({
  roomId,
  /** Resume after this rev. */
  after: z.int().nonnegative().optional(),
  /** Set by tRPC's client on reconnect; wins over `after`. */
  lastEventId: z.string().max(200).nullish(),
});

export const messagesListInput = z
  .object({
    roomId,
    before: seq.optional(),
    after: seq.optional(),
    around: seq.optional(),
    limit: z.int().min(1).max(limits.maxPageSize).default(50),
  })
  .refine(
    ({ before, after, around }) => [before, after, around].filter((value) => value !== undefined).length <= 1,
    'give at most one of before, after and around',
  );

export const messagesSendInput = z.object({ roomId, clientId: z.uuid(), content, replyTo: messageId.nullish() });

export const messageIdInput = z.object({ messageId });

export const inboxEventsInput = z.object({ lastEventId: z.string().max(200).nullish() }).default({});

/** What a room message asked for, as `reply_jobs` keeps it beside the trigger. */
export const replyRequestSchema = z.object({
  trigger: replyTriggerSchema,
  /** Arguments of the command; the question for `ask` and mentions. */
  question: z.string().nullable(),
  scope: z
    .discriminatedUnion('kind', [
      z.object({ kind: z.literal('recent') }),
      z.object({ kind: z.literal('unread'), sinceSeq: seq }),
      z.object({ kind: z.literal('today') }),
      z.object({ kind: z.literal('last'), count: z.int().positive().max(500) }),
    ])
    .nullable(),
});
export type ReplyRequest = z.infer<typeof replyRequestSchema>;

export type MessagesListInput = z.infer<typeof messagesListInput>;
export type MessagesSendInput = z.infer<typeof messagesSendInput>;
