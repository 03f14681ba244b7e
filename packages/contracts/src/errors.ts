import type { AppErrorDetails } from './error-details.js';

/**
 * Every error a caller can meet, by its stable code. `http` is the status (tRPC's own code follows from it in the API's
 * error formatter); `message` is the sentence shown when the thrower has nothing more precise to say. A message says what to do.
 */
export const appErrors = {
  VALIDATION: { http: 400, message: 'The request is not valid. Check the named field.' },
  MESSAGE_EMPTY: { http: 400, message: 'Write something first: the message is empty.' },
  MESSAGE_TOO_LARGE: { http: 413, message: 'The message is larger than 32 kB. Shorten it or split it.' },
  PAYLOAD_TOO_LARGE: { http: 413, message: 'The request is too large. Send less at once.' },
  UNKNOWN_COMMAND: { http: 400, message: 'There is no such command. Choose one of the list of commands.' },
  COMMAND_ARGUMENT: { http: 400, message: 'The command needs something else. See how the list of commands shows it.' },
  UNAUTHENTICATED: { http: 401, message: 'Sign in first.' },
  TOKEN_EXPIRED: { http: 401, message: 'The access token has expired. Call auth.refresh and try again.' },
  SESSION_REVOKED: { http: 401, message: 'This session has ended. Sign in again.' },
  INVALID_CREDENTIALS: { http: 401, message: 'The username or the password is wrong.' },
  FRESH_SIGN_IN_NEEDED: {
    http: 403,
    message: 'This account has no password. Sign in again by your provider, and do this within ten minutes.',
  },
  SECOND_STEP: { http: 401, message: 'This account asks for a code too. Send the one that its app shows, with the step of this error.' },
  STEP_OVER: { http: 401, message: 'The time for the second step is over. Sign in again.' },
  CODE_WRONG: { http: 401, message: 'This code is wrong, or was used already. Type the one that the app shows now.' },
  PASSKEY_REFUSED: { http: 401, message: 'This passkey was not accepted. Try again, or sign in another way.' },
  LINK_OVER: { http: 403, message: 'This link was used already, or its time is over. Ask for a new one.' },
  ACCOUNT_DISABLED: { http: 403, message: 'This account is disabled. Ask whoever runs this server.' },
  FORBIDDEN: { http: 403, message: 'You are not allowed to do that.' },
  FORBIDDEN_ORIGIN: { http: 403, message: 'This origin is not allowed. Add it to PUBLIC_ORIGINS.' },
  LOCAL_LOGIN_OFF: { http: 403, message: 'Nobody signs in with a password here. Sign in by one of the providers that the page shows.' },
  REGISTRATION_CLOSED: { http: 403, message: 'Registration is closed on this server. Ask whoever runs it for an account.' },
  INVITE_REQUIRED: { http: 403, message: 'This server asks for an invitation. Ask whoever runs it for a link.' },
  ROOM_NOT_FOUND: { http: 404, message: 'There is no such room, or you are not in it.' },
  ROOM_ARCHIVED: { http: 409, message: 'The room is archived and takes no more messages.' },
  SILENCED: { http: 403, message: 'A moderator has silenced you in this room for a time. You can read, and say nothing until it is over.' },
  BANNED: { http: 403, message: 'You are banned from this room. Only its moderators can lift that.' },
  ROOM_AI_PAUSED: { http: 409, message: 'AI is paused in this room. Ask again when a moderator has resumed it.' },
  MESSAGE_NOT_EDITABLE: { http: 409, message: 'This message cannot be edited.' },
  MESSAGE_HIDDEN: { http: 409, message: 'A moderator has hidden this message. It stays as it is until it is shown again.' },
  MESSAGE_DELETED: { http: 409, message: 'The message was deleted.' },
  NO_RECEIPT: { http: 404, message: 'There is no receipt of this: it was written by another program, or before there were receipts.' },
  NO_VERSION: { http: 404, message: 'The reply has no such version. Ask replies.versions which there are.' },
  MESSAGE_NOT_FOUND: { http: 404, message: 'There is no such message, or you cannot see it.' },
  USER_NOT_FOUND: { http: 404, message: 'There is no such person.' },
  CHARACTER_NOT_FOUND: { http: 404, message: 'There is no such character.' },
  PROVIDER_NOT_ALLOWED: { http: 409, message: 'This room does not let models of that provider answer. Choose another model.' },
  MESSAGE_REFUSED: { http: 422, message: 'This text has a word that is not allowed here. Say it in other words.' },
  REPORT_NOT_FOUND: { http: 404, message: 'There is no such report, or it is none of yours to see.' },
  REPORT_RESOLVED: { http: 409, message: 'Somebody else has resolved this report, or is doing so. Look at what it is now.' },
  CALL_NOT_WAITING: {
    http: 409,
    message: 'This call waits for no answer any more: it was answered, a day has passed, or the answer that wanted it has ended.',
  },
  NOTE_NOT_FOUND: { http: 404, message: 'There is no such note in this room. Somebody may have removed it.' },
  TOO_MANY_NOTES: { http: 409, message: 'A room has 100 notes at most. Remove one that is not needed any more.' },
  MCP_SERVER_NOT_FOUND: { http: 404, message: 'There is no such MCP server. Somebody may have removed it.' },
  TOO_MANY_PERMISSIONS: {
    http: 409,
    message: 'You let characters use 500 tools already. Take some back in the settings, or allow this once.',
  },
  HOOK_NOT_FOUND: { http: 404, message: 'There is no such hook, or you may not see it.' },
  DELIVERY_NOT_FOUND: { http: 404, message: 'There is no such delivery of this webhook. Only the last ones are kept.' },
  NOT_FOUND: { http: 404, message: 'There is no such procedure or page.' },
  METHOD_NOT_ALLOWED: { http: 405, message: 'This address does not take that method. The header Allow names those that it takes.' },
  USERNAME_TAKEN: { http: 409, message: 'That name is taken. Choose another.' },
  CLIENT_ID_REUSED: { http: 409, message: 'This clientId was used for another message. Make a new one for each message.' },
  IDEMPOTENCY_KEY_REUSED: { http: 422, message: 'This Idempotency-Key was used for another request. Make a new one for each request.' },
  OUTCOME_UNKNOWN: {
    http: 409,
    message: 'Whether the first request with this Idempotency-Key was done is not known. Look, then use a new key.',
  },
  LAST_OWNER: { http: 409, message: 'The room would be left without an owner. Make someone else an owner first, or archive the room.' },
  HOOK_STOPPED: { http: 409, message: 'This hook has stopped: its room is archived, or its bot or whoever made it is gone.' },
  HOOK_NOT_ACTIVE: { http: 409, message: 'The webhook is switched off. Switch it on first.' },
  INVITATION_DECLINED: { http: 409, message: 'They declined an invitation to this room. They can be invited again a day after that.' },
  REPLY_IN_PROGRESS: { http: 409, message: 'The reply is still being written. Stop it first.' },
  TASK_NOT_FOUND: { http: 404, message: 'There is no such task, or it is none of a character of yours.' },
  ATTEMPT_OVER: { http: 409, message: 'This attempt is over: the answer was ended, or another took it over. Ask for the next task.' },
  TEXT_MISSING: {
    http: 409,
    message: 'What stands before this offset is not here. Send the text again from the offset that the error names.',
  },
  PRECONDITION_FAILED: { http: 412, message: 'It was changed since you read it. Read it again, and change what it is now.' },
  CONFLICT: { http: 409, message: 'The room changed at the same moment. Try again.' },
  RATE_LIMITED: { http: 429, message: 'Too many at once. Wait a moment and try again.' },
  AI_BUDGET_EXCEEDED: { http: 429, message: 'Your AI tokens for today are used up. They come back at midnight UTC.' },
  UNAVAILABLE: { http: 503, message: 'A part of the server is away for the moment. It is safe to try again.' },
  INTERNAL: { http: 500, message: 'Something went wrong on the server. It has been logged; try again.' },
} as const satisfies Record<string, { http: number; message: string }>;

export type AppErrorCode = keyof typeof appErrors;

/** The one error that `core` and the adapters throw on purpose. Anything else that reaches the edge is INTERNAL. */
export class AppError extends Error {
  override readonly name = 'AppError';
  readonly code: AppErrorCode;
  readonly details: AppErrorDetails;

  constructor(code: AppErrorCode, message: string = appErrors[code].message, options: AppErrorDetails & { cause?: unknown } = {}) {
    const { cause, ...details } = options;
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.details = details;
  }

  static is(value: unknown, code?: AppErrorCode): value is AppError {
    return value instanceof AppError && (code === undefined || value.code === code);
  }
}

/** Reasons why a reply failed, as shown in the room and stored with the message. */
export const replyErrors = {
  MODEL_UNAVAILABLE: 'The model did not answer. Try again in a while, or choose another model.',
  MODEL_AUTH: 'The model refused the server’s key. Tell whoever runs this server.',
  MODEL_RATE_LIMITED: 'The model is rate limited. Try again in a minute.',
  MODEL_TIMEOUT: 'The model went silent. Try again, or choose another model.',
  MODEL_CUT: 'The model’s answer was cut off. Try again.',
  CONTEXT_TOO_LONG: 'The conversation is too long for this model. Ask about less of it, or choose another model.',
  CONTENT_FILTERED: 'The model’s provider refused the content. Ask in other words, or choose another model.',
  MODEL_NOT_CONFIGURED: 'No key is set for this model. Ask whoever runs this server.',
  MODEL_NOT_ALLOWED: 'This character’s model is not one that this server allows. Choose another model for it.',
  PROVIDER_NOT_ALLOWED: 'This room does not let models of this provider answer. Ask another character, or an owner of the room.',
  REPLY_TOO_LARGE: 'The answer was longer than 256 kB and was cut. Ask for it in parts.',
  AI_BUDGET_EXCEEDED: 'Your AI tokens for today are used up. They come back at midnight UTC.',
  AI_RATE_LIMITED: 'Too many calls to the AI at once. Try again in a minute.',
  AI_PAUSED: 'The AI is paused for a moment: a part of the server is away. Try again soon.',
  ROOM_AI_PAUSED: 'AI is paused in this room. Try again when a moderator has resumed it.',
  QUESTION_DELETED: 'The message it was to answer was deleted, or hidden from the AI.',
  ASKER_GONE: 'The account of whoever asked is closed.',
  CHARACTER_GONE: 'The character has left the room.',
  TRIES_EXHAUSTED: 'The reply failed several times. Try again later.',
  AGENT_AWAY: 'Nobody serves this character: the program that writes its answers is not there. Ask whoever made it.',
  AGENT_FAILED: 'The program that writes this character’s answers could not answer. Try again later.',
  INTERNAL: 'Something went wrong while writing the reply. Try again.',
} as const;

export type ReplyErrorCode = keyof typeof replyErrors;
