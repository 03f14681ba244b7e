import type { MemberView, Mine, RoomCharacterView, RoomView, UserView } from '@parley/contracts';
import { toIso, toIsoOrNull } from './instant.js';
import type { MemberRow, MineRow, RoomCharacterRow, RoomRow, UserRow } from './room-rows.js';

/** Views are built field by field, so a column added to a row never travels by accident. */

export function roomView(row: RoomRow): RoomView {
  return {
    id: row.id,
    name: row.name,
    topic: row.topic,
    visibility: row.visibility,
    memberCount: row.memberCount,
    archivedAt: toIsoOrNull(row.archivedAt),
    ...(row.aiPausedAt && { aiPausedAt: toIso(row.aiPausedAt) }),
    ...(row.replyControl === 'anyone' && { replyControl: 'anyone' as const }),
    ...(row.aiProviders && { aiProviders: row.aiProviders }),
    ...(row.retentionDays !== null && { retentionDays: row.retentionDays }),
    ...(row.historyFromSeq > 0 && { historyFromSeq: row.historyFromSeq }),
    createdAt: toIso(row.createdAt),
    rev: row.rev,
    notes: row.notes,
  };
}

export function userView(row: UserRow): UserView {
  return { id: row.id, username: row.username, displayName: row.displayName, avatar: row.avatar };
}

export function memberView(row: MemberRow): MemberView {
  const { user, role, joinedAt, silencedUntil, rev } = row;
  return { user: userView(user), role, joinedAt: toIso(joinedAt), ...(silencedUntil && { silencedUntil: toIso(silencedUntil) }), rev };
}

export function roomCharacterView(row: RoomCharacterRow): RoomCharacterView {
  const { id, handle, name, tagline, avatar, model } = row.character;
  return {
    character: { id, handle, name, tagline, avatar, model },
    autoReply: row.autoReply,
    joinedAt: toIso(row.joinedAt),
    rev: row.rev,
  };
}

/** The part of a room that differs per viewer. */
export function mine(row: Omit<MineRow, 'silencedUntil' | 'reports'> & Partial<MineRow>): Mine {
  return {
    role: row.role,
    lastReadSeq: row.lastReadSeq,
    lastSeq: row.lastSeq,
    unread: row.unread,
    mentions: row.mentions,
    muted: row.muted,
    ...(row.silencedUntil && { silencedUntil: toIso(row.silencedUntil) }),
    ...(row.reports && { reports: row.reports }),
    direct: row.direct,
  };
}
