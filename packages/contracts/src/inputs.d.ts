import { z } from 'zod';
export declare const usernameSchema: z.ZodString;
export declare const authRegisterInput: z.ZodObject<
  {
    username: z.ZodString;
    password: z.ZodString;
    displayName: z.ZodOptional<z.ZodString>;
    invite: z.ZodOptional<z.ZodString>;
    transport: z.ZodDefault<
      z.ZodEnum<{
        cookie: 'cookie';
        token: 'token';
      }>
    >;
  },
  z.core.$strip
>;
export declare const authLoginInput: z.ZodObject<
  {
    username: z.ZodString;
    password: z.ZodString;
    transport: z.ZodDefault<
      z.ZodEnum<{
        cookie: 'cookie';
        token: 'token';
      }>
    >;
  },
  z.core.$strip
>;
/** Without `refreshToken` the cookie is read. */
export declare const authRefreshInput: z.ZodDefault<
  z.ZodObject<
    {
      refreshToken: z.ZodOptional<z.ZodString>;
    },
    z.core.$strip
  >
>;
export declare const authLogoutInput: z.ZodDefault<
  z.ZodObject<
    {
      everywhere: z.ZodDefault<z.ZodBoolean>;
    },
    z.core.$strip
  >
>;
export declare const roomsListInput: z.ZodObject<
  {
    scope: z.ZodEnum<{
      joined: 'joined';
      public: 'public';
    }>;
  },
  z.core.$strip
>;
export declare const roomsCreateInput: z.ZodObject<
  {
    name: z.ZodString;
    topic: z.ZodDefault<z.ZodString>;
    visibility: z.ZodDefault<
      z.ZodEnum<{
        private: 'private';
        public: 'public';
      }>
    >;
  },
  z.core.$strip
>;
export declare const roomIdInput: z.ZodObject<
  {
    roomId: z.ZodUUID;
  },
  z.core.$strip
>;
export declare const roomsMarkReadInput: z.ZodObject<
  {
    roomId: z.ZodUUID;
    seq: z.ZodInt;
  },
  z.core.$strip
>;
export declare const roomsEventsInput: z.ZodObject<
  {
    roomId: z.ZodUUID;
    after: z.ZodOptional<z.ZodInt>;
    lastEventId: z.ZodOptional<z.ZodNullable<z.ZodString>>;
  },
  z.core.$strip
>;
export declare const messagesListInput: z.ZodObject<
  {
    roomId: z.ZodUUID;
    before: z.ZodOptional<z.ZodInt>;
    after: z.ZodOptional<z.ZodInt>;
    around: z.ZodOptional<z.ZodInt>;
    limit: z.ZodDefault<z.ZodInt>;
  },
  z.core.$strip
>;
export declare const messagesSendInput: z.ZodObject<
  {
    roomId: z.ZodUUID;
    clientId: z.ZodUUID;
    content: z.ZodString;
    replyTo: z.ZodOptional<z.ZodNullable<z.ZodUUID>>;
  },
  z.core.$strip
>;
export declare const messageIdInput: z.ZodObject<
  {
    messageId: z.ZodUUID;
  },
  z.core.$strip
>;
export declare const inboxEventsInput: z.ZodDefault<
  z.ZodObject<
    {
      lastEventId: z.ZodOptional<z.ZodNullable<z.ZodString>>;
    },
    z.core.$strip
  >
>;
/** What a room message asked for, as `reply_jobs` keeps it beside the trigger. */
export declare const replyRequestSchema: z.ZodObject<
  {
    trigger: z.ZodObject<
      {
        kind: z.ZodEnum<{
          always: 'always';
          ask: 'ask';
          mention: 'mention';
          summary: 'summary';
        }>;
        messageId: z.ZodUUID;
      },
      z.core.$strip
    >;
    question: z.ZodNullable<z.ZodString>;
    scope: z.ZodNullable<
      z.ZodDiscriminatedUnion<
        [
          z.ZodObject<
            {
              kind: z.ZodLiteral<'recent'>;
            },
            z.core.$strip
          >,
          z.ZodObject<
            {
              kind: z.ZodLiteral<'unread'>;
              sinceSeq: z.ZodInt;
            },
            z.core.$strip
          >,
          z.ZodObject<
            {
              kind: z.ZodLiteral<'today'>;
            },
            z.core.$strip
          >,
          z.ZodObject<
            {
              kind: z.ZodLiteral<'last'>;
              count: z.ZodInt;
            },
            z.core.$strip
          >,
        ],
        'kind'
      >
    >;
  },
  z.core.$strip
>;
export type ReplyRequest = z.infer<typeof replyRequestSchema>;
export type MessagesListInput = z.infer<typeof messagesListInput>;
export type MessagesSendInput = z.infer<typeof messagesSendInput>;
//# sourceMappingURL=inputs.d.ts.map
