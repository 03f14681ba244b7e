import type { MemberView, MessageView, RoomCharacterView, RoomView } from '@parley/contracts';
import type { MessagePage, RoomDetail } from '../calls.js';

const avatar = { hue: 0, glyph: null };
const at = '2026-01-01T00:00:00.000Z';

/** Ids need not be uuids here: the client passes them on as they are. */
export const roomId = 'room-1';

export function message(seq: number, rev: number, more: Partial<MessageView> = {}): MessageView {
  return {
    id: `message-${seq}`,
    roomId,
    seq,
    rev,
    kind: 'text',
    author: { type: 'user', id: 'anna', name: 'Anna', handle: 'anna', avatar },
    content: `text ${seq}.${rev}`,
    system: null,
    status: null,
    attempt: 0,
    replyTo: null,
    clientId: `client-${seq}`,
    mentions: [],
    reactions: [],
    createdAt: at,
    editedAt: null,
    deletedAt: null,
    pinnedAt: null,
    reply: null,
    error: null,
    ...more,
  };
}

export function reply(seq: number, rev: number, status: NonNullable<MessageView['status']>, attempt: number, content = ''): MessageView {
  const author = { type: 'character' as const, id: 'ada', name: 'Ada', handle: 'ada', avatar };
  return message(seq, rev, { kind: 'reply', author, status, attempt, content, clientId: null });
}

export function room(rev: number, more: Partial<RoomView> = {}): RoomView {
  return { id: roomId, name: 'Lobby', topic: '', visibility: 'public', memberCount: 1, archivedAt: null, createdAt: at, rev, ...more };
}

export function member(userId: string, rev: number, role: MemberView['role'] = 'member'): MemberView {
  return { user: { id: userId, username: userId, displayName: userId, avatar }, role, joinedAt: at, rev };
}

export function character(id: string, rev: number): RoomCharacterView {
  return { character: { id, handle: id, name: id, tagline: '', avatar, model: null }, autoReply: 'mention', joinedAt: at, rev };
}

export function detail(rev: number, more: Partial<RoomDetail> = {}): RoomDetail {
  const mine = { role: 'member' as const, lastReadSeq: 0, lastSeq: 0, unread: 0, mentions: 0, muted: false, direct: null };
  return { room: room(1), mine, members: [member('anna', 2)], nextMembers: null, characters: [], rev, ...more };
}

export function page(rev: number, items: MessageView[], hasBefore = false): MessagePage {
  return { items, hasBefore, hasAfter: false, rev };
}
