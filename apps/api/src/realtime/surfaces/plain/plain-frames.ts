import { idSchema, isBot, splitCommand, type MessageView } from '@parley/contracts';
import { z } from 'zod';

/** What a peer sends. `docs/sockets.md` shows the frames of both sides. */
export const peerFrameSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('auth'), token: z.string().max(4096) }),
  z.strictObject({ type: z.literal('message'), content: z.string(), clientID: idSchema.optional(), replyTo: idSchema.optional() }),
  z.strictObject({
    type: z.literal('ai_command'),
    command: z.string().regex(/^\/?[a-z][a-z0-9-]{0,31}(?:@[a-z0-9._-]{1,32})?$/i, 'must be the name of a command'),
    content: z.string().default(''),
    clientID: idSchema.optional(),
    replyTo: idSchema.optional(),
  }),
  z.strictObject({ type: z.literal('typing'), typing: z.boolean() }),
]);
export type PeerFrame = z.infer<typeof peerFrameSchema>;

export type PlainFrame =
  | { type: 'connection'; connectionID: string; roomID: string; userID: string; lastMessageID: string | null }
  | {
      type: 'message';
      messageID: string;
      roomID: string;
      senderID: string | null;
      senderName: string;
      senderType: 'user' | 'character' | 'system';
      /** A program of somebody's wrote it. */
      bot?: true;
      content: string;
      timestamp: string;
      seq: number;
      clientID?: string;
      edited?: true;
      deleted?: true;
      /** Why a character's answer ended early. */
      error?: { code: string; message: string };
    }
  | { type: 'system'; content: string; roomID: string; timestamp: string }
  | {
      type: 'ai_command';
      command: string;
      content: string;
      roomID: string;
      senderID: string | null;
      timestamp: string;
      messageID: string;
      botID?: string;
    }
  | { type: 'ai_chunk'; messageID: string; roomID: string; characterID: string | null; attempt: number; offset: number; content: string }
  /** The ids of the people online, or their number if they are too many to name. */
  | { type: 'presence'; roomID: string; online: string[] | number }
  | { type: 'error'; code: string; message: string; clientID?: string };

/** The frames that tell of a message as it is now; none for an answer that is still to come, which chunks bring. */
export function framesOfMessage(message: MessageView): PlainFrame[] {
  const {
    id: messageID,
    roomId: roomID,
    kind,
    author,
    content,
    botCommand,
    createdAt: timestamp,
    seq,
    clientId,
    editedAt,
    deletedAt,
    status,
    error,
  } = message;
  if (kind === 'system') return [{ type: 'system', content, roomID, timestamp }];
  if (status === 'queued' || status === 'streaming') return [];
  const frame: PlainFrame = {
    type: 'message',
    messageID,
    roomID,
    senderID: author.id,
    senderName: author.name,
    senderType: author.type,
    ...(isBot(author) && { bot: true }),
    content,
    timestamp,
    seq,
    ...(clientId && { clientID: clientId }),
    ...(editedAt && { edited: true }),
    ...(deletedAt && { deleted: true }),
    ...(error && { error: { code: error.code, message: error.message } }),
  };
  const command = kind === 'text' ? splitCommand(content) : null;
  // A text with a bot's name behind the slash that no bot had a command for is a text.
  if (!command || (command.bot !== null && !botCommand)) return [frame];
  return [
    frame,
    {
      type: 'ai_command',
      command: command.name,
      content: command.rest,
      roomID,
      senderID: author.id,
      timestamp,
      messageID,
      ...(botCommand && { botID: botCommand.botId }),
    },
  ];
}
