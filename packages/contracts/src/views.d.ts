import { z } from 'zod';
/** How someone is drawn: a person as a filled circle with initials, a character as an outlined square with a glyph; both in their hue. */
export declare const avatarSchema: z.ZodObject<
  {
    hue: z.ZodInt;
    glyph: z.ZodNullable<z.ZodString>;
  },
  z.core.$strip
>;
export type Avatar = z.infer<typeof avatarSchema>;
export declare const instanceRoleSchema: z.ZodEnum<{
  admin: 'admin';
  user: 'user';
}>;
export type InstanceRole = z.infer<typeof instanceRoleSchema>;
export declare const roomRoleSchema: z.ZodEnum<{
  member: 'member';
  moderator: 'moderator';
  owner: 'owner';
}>;
export type RoomRole = z.infer<typeof roomRoleSchema>;
export declare const userViewSchema: z.ZodObject<
  {
    id: z.ZodUUID;
    username: z.ZodString;
    displayName: z.ZodString;
    avatar: z.ZodObject<
      {
        hue: z.ZodInt;
        glyph: z.ZodNullable<z.ZodString>;
      },
      z.core.$strip
    >;
  },
  z.core.$strip
>;
export type UserView = z.infer<typeof userViewSchema>;
/** One's own account, as `auth.me` and sign-in return it. */
export declare const accountViewSchema: z.ZodObject<
  {
    id: z.ZodUUID;
    username: z.ZodString;
    displayName: z.ZodString;
    avatar: z.ZodObject<
      {
        hue: z.ZodInt;
        glyph: z.ZodNullable<z.ZodString>;
      },
      z.core.$strip
    >;
    role: z.ZodEnum<{
      admin: 'admin';
      user: 'user';
    }>;
    createdAt: z.ZodISODateTime;
  },
  z.core.$strip
>;
export type AccountView = z.infer<typeof accountViewSchema>;
export declare const roomVisibilitySchema: z.ZodEnum<{
  direct: 'direct';
  private: 'private';
  public: 'public';
}>;
export type RoomVisibility = z.infer<typeof roomVisibilitySchema>;
export declare const roomViewSchema: z.ZodObject<
  {
    id: z.ZodUUID;
    name: z.ZodString;
    topic: z.ZodString;
    visibility: z.ZodEnum<{
      direct: 'direct';
      private: 'private';
      public: 'public';
    }>;
    memberCount: z.ZodInt;
    archivedAt: z.ZodNullable<z.ZodISODateTime>;
    createdAt: z.ZodISODateTime;
    rev: z.ZodInt;
  },
  z.core.$strip
>;
export type RoomView = z.infer<typeof roomViewSchema>;
/** What of a room differs per viewer. Never inside a RoomEvent. */
export declare const mineSchema: z.ZodObject<
  {
    role: z.ZodEnum<{
      member: 'member';
      moderator: 'moderator';
      owner: 'owner';
    }>;
    lastReadSeq: z.ZodInt;
    lastSeq: z.ZodInt;
    unread: z.ZodInt;
    mentions: z.ZodInt;
    muted: z.ZodBoolean;
    direct: z.ZodNullable<
      z.ZodObject<
        {
          type: z.ZodEnum<{
            character: 'character';
            user: 'user';
          }>;
          id: z.ZodUUID;
          name: z.ZodString;
          avatar: z.ZodObject<
            {
              hue: z.ZodInt;
              glyph: z.ZodNullable<z.ZodString>;
            },
            z.core.$strip
          >;
        },
        z.core.$strip
      >
    >;
  },
  z.core.$strip
>;
export type Mine = z.infer<typeof mineSchema>;
export declare const memberViewSchema: z.ZodObject<
  {
    user: z.ZodObject<
      {
        id: z.ZodUUID;
        username: z.ZodString;
        displayName: z.ZodString;
        avatar: z.ZodObject<
          {
            hue: z.ZodInt;
            glyph: z.ZodNullable<z.ZodString>;
          },
          z.core.$strip
        >;
      },
      z.core.$strip
    >;
    role: z.ZodEnum<{
      member: 'member';
      moderator: 'moderator';
      owner: 'owner';
    }>;
    joinedAt: z.ZodISODateTime;
    rev: z.ZodInt;
  },
  z.core.$strip
>;
export type MemberView = z.infer<typeof memberViewSchema>;
export declare const autoReplySchema: z.ZodEnum<{
  always: 'always';
  mention: 'mention';
}>;
export type AutoReply = z.infer<typeof autoReplySchema>;
export declare const characterViewSchema: z.ZodObject<
  {
    id: z.ZodUUID;
    handle: z.ZodString;
    name: z.ZodString;
    tagline: z.ZodString;
    avatar: z.ZodObject<
      {
        hue: z.ZodInt;
        glyph: z.ZodNullable<z.ZodString>;
      },
      z.core.$strip
    >;
    model: z.ZodNullable<z.ZodString>;
  },
  z.core.$strip
>;
export type CharacterView = z.infer<typeof characterViewSchema>;
export declare const roomCharacterViewSchema: z.ZodObject<
  {
    character: z.ZodObject<
      {
        id: z.ZodUUID;
        handle: z.ZodString;
        name: z.ZodString;
        tagline: z.ZodString;
        avatar: z.ZodObject<
          {
            hue: z.ZodInt;
            glyph: z.ZodNullable<z.ZodString>;
          },
          z.core.$strip
        >;
        model: z.ZodNullable<z.ZodString>;
      },
      z.core.$strip
    >;
    autoReply: z.ZodEnum<{
      always: 'always';
      mention: 'mention';
    }>;
    joinedAt: z.ZodISODateTime;
    rev: z.ZodInt;
  },
  z.core.$strip
>;
export type RoomCharacterView = z.infer<typeof roomCharacterViewSchema>;
export declare const replyStatusSchema: z.ZodEnum<{
  complete: 'complete';
  failed: 'failed';
  queued: 'queued';
  stopped: 'stopped';
  streaming: 'streaming';
}>;
export type ReplyStatus = z.infer<typeof replyStatusSchema>;
/** True for a reply that can still change: `queued` or `streaming`. */
export declare function isInProgress(status: ReplyStatus | null): status is 'queued' | 'streaming';
/** What called a character: a command, an `@handle`, or a room in which it always answers. */
export declare const replyTriggerSchema: z.ZodObject<
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
export type ReplyTrigger = z.infer<typeof replyTriggerSchema>;
export declare const usageSchema: z.ZodObject<
  {
    inputTokens: z.ZodInt;
    outputTokens: z.ZodInt;
  },
  z.core.$strip
>;
export type Usage = z.infer<typeof usageSchema>;
export declare const messageViewSchema: z.ZodObject<
  {
    id: z.ZodUUID;
    roomId: z.ZodUUID;
    seq: z.ZodInt;
    rev: z.ZodInt;
    kind: z.ZodEnum<{
      reply: 'reply';
      system: 'system';
      text: 'text';
    }>;
    author: z.ZodObject<
      {
        type: z.ZodEnum<{
          character: 'character';
          system: 'system';
          user: 'user';
        }>;
        id: z.ZodNullable<z.ZodUUID>;
        name: z.ZodString;
        handle: z.ZodString;
        avatar: z.ZodObject<
          {
            hue: z.ZodInt;
            glyph: z.ZodNullable<z.ZodString>;
          },
          z.core.$strip
        >;
      },
      z.core.$strip
    >;
    content: z.ZodString;
    status: z.ZodNullable<
      z.ZodEnum<{
        complete: 'complete';
        failed: 'failed';
        queued: 'queued';
        stopped: 'stopped';
        streaming: 'streaming';
      }>
    >;
    attempt: z.ZodInt;
    replyTo: z.ZodNullable<z.ZodUUID>;
    clientId: z.ZodNullable<z.ZodUUID>;
    mentions: z.ZodArray<z.ZodUUID>;
    reactions: z.ZodArray<
      z.ZodObject<
        {
          emoji: z.ZodString;
          userIds: z.ZodArray<z.ZodUUID>;
          count: z.ZodInt;
        },
        z.core.$strip
      >
    >;
    createdAt: z.ZodISODateTime;
    editedAt: z.ZodNullable<z.ZodISODateTime>;
    deletedAt: z.ZodNullable<z.ZodISODateTime>;
    pinnedAt: z.ZodNullable<z.ZodISODateTime>;
    reply: z.ZodNullable<
      z.ZodObject<
        {
          askedBy: z.ZodUUID;
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
          model: z.ZodNullable<z.ZodString>;
          startedAt: z.ZodNullable<z.ZodISODateTime>;
          finishedAt: z.ZodNullable<z.ZodISODateTime>;
          stoppedBy: z.ZodNullable<z.ZodUUID>;
          usage: z.ZodNullable<
            z.ZodObject<
              {
                inputTokens: z.ZodInt;
                outputTokens: z.ZodInt;
              },
              z.core.$strip
            >
          >;
        },
        z.core.$strip
      >
    >;
    error: z.ZodNullable<
      z.ZodObject<
        {
          code: z.ZodString;
          message: z.ZodString;
        },
        z.core.$strip
      >
    >;
  },
  z.core.$strip
>;
export type MessageView = z.infer<typeof messageViewSchema>;
//# sourceMappingURL=views.d.ts.map
