import { expectTypeOf, test } from 'vitest';
import type { Avatar, InboxEvent, MessageView, Mine, PrivateReply, RoomEvent, RoomView, ServerPart } from './index.js';
import type { MemberView, RoomCharacterView, RoomInvitation, ToolCallView } from './index.js';

/** The public interface, written out a second time: if a schema differs from it, the public interface has changed. */

test('a room event has the documented fields, by its type', () => {
  type Documented =
    | { type: 'hello'; rev: number; seq: number; replies: { messageId: string; attempt: number; text: string }[] }
    | { type: 'message'; rev: number; message: MessageView }
    | { type: 'room'; rev: number; room: RoomView }
    | { type: 'member'; rev: number; member: MemberView; left: boolean }
    | { type: 'character'; rev: number; character: RoomCharacterView; left: boolean }
    | { type: 'delta'; messageId: string; attempt: number; offset: number; text: string }
    | { type: 'snapshot'; messageId: string; attempt: number; text: string }
    | { type: 'thought'; messageId: string; attempt: number; offset: number; text: string }
    | { type: 'presence'; online: string[]; onlineCount?: undefined }
    | { type: 'presence'; onlineCount: number; online?: undefined }
    | { type: 'typing'; userIds: string[] }
    | { type: 'queue'; replies: QueuedReply[]; count: number }
    | { type: 'resync'; rev: number };
  interface QueuedReply {
    messageId: string;
    character: { id: string; name: string };
    askedBy: { id: string; name: string };
    writing: boolean;
    waitsFor?: { id: string; name: string };
  }
  expectTypeOf<RoomEvent>().toEqualTypeOf<Documented>();
});

test('an inbox event has the documented fields, by its type', () => {
  type Documented =
    | { type: 'snapshot'; rooms: { room: RoomView; mine: Mine }[]; privateReplies: PrivateReply[]; invitations?: RoomInvitation[] }
    | { type: 'counters'; roomId: string; lastSeq: number; lastReadSeq: number; unread: number; mentions: number }
    | { type: 'room'; room: RoomView; mine: Mine | null }
    | { type: 'mention'; roomId: string; messageId: string }
    | { type: 'privateReply'; reply: PrivateReply }
    | { type: 'privateReplyDismissed'; id: string }
    | { type: 'server'; away: ServerPart[] };
  expectTypeOf<InboxEvent>().toEqualTypeOf<Documented>();
});

test('an invitation has the documented fields', () => {
  interface Documented {
    roomId: string;
    roomName: string;
    invitedBy: { id: string; username: string; displayName: string; avatar: Avatar };
    invitedAt: string;
  }
  expectTypeOf<RoomInvitation>().toEqualTypeOf<Documented>();
});

test('a private reply has the documented fields', () => {
  interface Documented {
    id: string;
    roomId: string;
    attempt: number;
    content: string;
    status: 'streaming' | 'complete' | 'stopped' | 'failed';
    createdAt: string;
    about?: { command: string; by: string | null };
    tools?: ToolCallView[];
    error?: { code: string; message: string };
  }
  expectTypeOf<PrivateReply>().toEqualTypeOf<Documented>();
});

test('a room and a message have the documented fields', () => {
  interface DocumentedRoom {
    id: string;
    name: string;
    topic: string;
    visibility: 'public' | 'private' | 'direct';
    memberCount: number;
    archivedAt: string | null;
    aiPausedAt?: string;
    replyControl?: 'anyone';
    retentionDays?: number;
    aiProviders?: string[];
    historyFromSeq?: number;
    createdAt: string;
    rev: number;
    notes?: { count: number; rev: number };
  }
  expectTypeOf<RoomView>().toEqualTypeOf<DocumentedRoom>();

  expectTypeOf<keyof MessageView>().toEqualTypeOf<
    | (
        | 'id'
        | 'roomId'
        | 'seq'
        | 'rev'
        | 'kind'
        | 'author'
        | 'content'
        | 'system'
        | 'status'
        | 'attempt'
        | 'replyTo'
        | 'clientId'
        | 'mentions'
      )
    | ('botCommand' | 'hiddenFromAi' | 'reactions' | 'createdAt' | 'editedAt' | 'deletedAt' | 'pinnedAt' | 'hidden' | 'reply' | 'error')
  >();
  expectTypeOf<MessageView['kind']>().toEqualTypeOf<'text' | 'reply' | 'system'>();
  expectTypeOf<MessageView['author']>().toEqualTypeOf<{
    type: 'user' | 'character' | 'system';
    id: string | null;
    name: string;
    handle: string;
    avatar: Avatar;
    imported?: true;
  }>();
  expectTypeOf<MessageView['reactions']>().toEqualTypeOf<{ emoji: string; userIds: string[]; count: number }[]>();
  expectTypeOf<keyof NonNullable<MessageView['reply']>>().toEqualTypeOf<
    'askedBy' | 'trigger' | 'model' | 'startedAt' | 'finishedAt' | 'stoppedBy' | 'usage' | 'tools' | 'chosen' | 'instruction'
  >();
  expectTypeOf<MessageView['botCommand']>().toEqualTypeOf<{ botId: string; name: string; args: string } | undefined>();
  expectTypeOf<MessageView['error']>().toEqualTypeOf<{ code: string; message: string } | null>();
});
