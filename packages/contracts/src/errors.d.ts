/**
 * Every error a caller can meet, by its stable code. `http` is the status (tRPC's own code follows from it in the API's
 * error formatter); `message` is the sentence shown when the thrower has nothing more precise to say. A message says what to do.
 */
export declare const appErrors: {
  readonly VALIDATION: {
    readonly http: 400;
    readonly message: 'The request is not valid. Check the named field.';
  };
  readonly MESSAGE_EMPTY: {
    readonly http: 400;
    readonly message: 'Write something first: the message is empty.';
  };
  readonly MESSAGE_TOO_LARGE: {
    readonly http: 413;
    readonly message: 'The message is larger than 32 kB. Shorten it or split it.';
  };
  readonly PAYLOAD_TOO_LARGE: {
    readonly http: 413;
    readonly message: 'The request is too large. Send less at once.';
  };
  readonly UNKNOWN_COMMAND: {
    readonly http: 400;
    readonly message: 'There is no such command. Type /help to see them all.';
  };
  readonly COMMAND_ARGUMENT: {
    readonly http: 400;
    readonly message: 'The command needs something else. Type /help to see how it is used.';
  };
  readonly UNAUTHENTICATED: {
    readonly http: 401;
    readonly message: 'Sign in first.';
  };
  readonly TOKEN_EXPIRED: {
    readonly http: 401;
    readonly message: 'The access token has expired. Call auth.refresh and try again.';
  };
  readonly SESSION_REVOKED: {
    readonly http: 401;
    readonly message: 'This session has ended. Sign in again.';
  };
  readonly INVALID_CREDENTIALS: {
    readonly http: 401;
    readonly message: 'The username or the password is wrong.';
  };
  readonly ACCOUNT_DISABLED: {
    readonly http: 403;
    readonly message: 'This account is disabled. Ask whoever runs this server.';
  };
  readonly FORBIDDEN: {
    readonly http: 403;
    readonly message: 'You are not allowed to do that.';
  };
  readonly FORBIDDEN_ORIGIN: {
    readonly http: 403;
    readonly message: 'This origin is not allowed. Add it to PUBLIC_ORIGINS.';
  };
  readonly REGISTRATION_CLOSED: {
    readonly http: 403;
    readonly message: 'Registration is closed on this server. Ask whoever runs it for an account.';
  };
  readonly INVITE_REQUIRED: {
    readonly http: 403;
    readonly message: 'This server asks for an invitation. Ask whoever runs it for a link.';
  };
  readonly ROOM_NOT_FOUND: {
    readonly http: 404;
    readonly message: 'There is no such room, or you are not in it.';
  };
  readonly ROOM_ARCHIVED: {
    readonly http: 409;
    readonly message: 'The room is archived and takes no more messages.';
  };
  readonly MESSAGE_NOT_FOUND: {
    readonly http: 404;
    readonly message: 'There is no such message, or you cannot see it.';
  };
  readonly USER_NOT_FOUND: {
    readonly http: 404;
    readonly message: 'There is no such person.';
  };
  readonly CHARACTER_NOT_FOUND: {
    readonly http: 404;
    readonly message: 'There is no such character.';
  };
  readonly NOT_FOUND: {
    readonly http: 404;
    readonly message: 'There is no such procedure or page.';
  };
  readonly USERNAME_TAKEN: {
    readonly http: 409;
    readonly message: 'That name is taken. Choose another.';
  };
  readonly CLIENT_ID_REUSED: {
    readonly http: 409;
    readonly message: 'This clientId was used for another message. Make a new one for each message.';
  };
  readonly LAST_OWNER: {
    readonly http: 409;
    readonly message: 'The room would be left without an owner. Make someone else an owner first.';
  };
  readonly REPLY_IN_PROGRESS: {
    readonly http: 409;
    readonly message: 'The reply is still being written. Stop it first.';
  };
  readonly CONFLICT: {
    readonly http: 409;
    readonly message: 'The room changed at the same moment. Try again.';
  };
  readonly RATE_LIMITED: {
    readonly http: 429;
    readonly message: 'Too many at once. Wait a moment and try again.';
  };
  readonly AI_BUDGET_EXCEEDED: {
    readonly http: 429;
    readonly message: 'Your AI tokens for today are used up. They come back at midnight UTC.';
  };
  readonly UNAVAILABLE: {
    readonly http: 503;
    readonly message: 'A part of the server is away for the moment. It is safe to try again.';
  };
  readonly INTERNAL: {
    readonly http: 500;
    readonly message: 'Something went wrong on the server. It has been logged; try again.';
  };
};
export type AppErrorCode = keyof typeof appErrors;
export interface AppErrorDetails {
  /** Milliseconds to wait before the same call can succeed. */
  retryAfterMs?: number;
  /** The input field at fault, as a dotted path. */
  field?: string;
  /** What was probably meant: the nearest command name. */
  suggestion?: string;
}
/** The one error that `core` and the adapters throw on purpose. Anything else that reaches the edge is INTERNAL. */
export declare class AppError extends Error {
  readonly name = 'AppError';
  readonly code: AppErrorCode;
  readonly details: AppErrorDetails;
  constructor(
    code: AppErrorCode,
    message?: string,
    options?: AppErrorDetails & {
      cause?: unknown;
    },
  );
  static is(value: unknown, code?: AppErrorCode): value is AppError;
}
/** What a client finds in an error's `data`, beside tRPC's own fields. */
export interface AppErrorData extends AppErrorDetails {
  appCode: AppErrorCode;
  /** Names this call in the server's log. */
  correlationId?: string;
}
/** Reasons why a reply failed, as shown in the room and stored with the message. */
export declare const replyErrors: {
  readonly MODEL_UNAVAILABLE: 'The model did not answer.';
  readonly MODEL_AUTH: 'The model refused the server’s key.';
  readonly MODEL_RATE_LIMITED: 'The model is rate limited.';
  readonly MODEL_TIMEOUT: 'The model went silent.';
  readonly MODEL_CUT: 'The model’s answer was cut off.';
  readonly CONTEXT_TOO_LONG: 'The conversation is too long for this model.';
  readonly CONTENT_FILTERED: 'The model’s provider refused the content.';
  readonly MODEL_NOT_CONFIGURED: 'No key is set for this model.';
  readonly REPLY_TOO_LARGE: 'The answer was longer than 256 kB and was cut.';
  readonly TRIES_EXHAUSTED: 'The reply failed several times.';
  readonly INTERNAL: 'Something went wrong while writing the reply.';
};
export type ReplyErrorCode = keyof typeof replyErrors;
//# sourceMappingURL=errors.d.ts.map
