import type { Avatar, AutoReply, Mine, ReplyControl, RoomRole, RoomVisibility } from '@parley/contracts';
import { Prisma } from '@parley/db';
import { unreadOf } from './counted-messages.js';
import type { Instant } from './instant.js';

/**
 * How rows of a room leave the database: one JSON column each, built in SQL, so that a statement may return several side by
 * side. The fragments and the row types below belong together; `presenters.ts` turns rows into views.
 */

export interface RoomRow {
  id: string;
  name: string;
  topic: string;
  visibility: RoomVisibility;
  memberCount: number;
  archivedAt: Instant | null;
  aiPausedAt: Instant | null;
  replyControl: ReplyControl;
  retentionDays: number | null;
  aiProviders: string[] | null;
  historyFromSeq: number;
  createdAt: Instant;
  rev: number;
  notes: { count: number; rev: number };
}

/** @param room alias of `rooms`, or of anything with its columns; always a literal. */
export function roomJson(room: string): Prisma.Sql {
  return Prisma.raw(`json_build_object(
    'id', ${room}.id, 'name', ${room}.name, 'topic', ${room}.topic, 'visibility', ${room}.visibility,
    'memberCount', ${room}.member_count, 'archivedAt', ${room}.archived_at, 'aiPausedAt', ${room}.ai_paused_at,
    'replyControl', ${room}.reply_control, 'retentionDays', ${room}.retention_days, 'aiProviders', ${room}.ai_providers, 'historyFromSeq', ${room}.history_from_seq,
    'createdAt', ${room}.created_at, 'rev', ${room}.rev,
    'notes', json_build_object('count', ${room}.note_count, 'rev', ${room}.notes_rev))`);
}

export interface UserRow {
  id: string;
  username: string;
  displayName: string;
  avatar: Avatar;
}

/** @param user alias of `users`, or of the CTE `actor`; always a literal. */
export function userJson(user: string): Prisma.Sql {
  return Prisma.raw(userColumns(user));
}

function userColumns(user: string): string {
  return `json_build_object('id', ${user}.id, 'username', ${user}.username, 'displayName', ${user}.display_name, 'avatar', ${user}.avatar)`;
}

export interface MemberRow {
  user: UserRow;
  role: RoomRole;
  joinedAt: Instant;
  silencedUntil: Instant | null;
  rev: number;
}

/** @param member alias of `room_members`; @param user alias of `users`, or of the CTE `actor`; always literals. */
export function memberJson(member: string, user: string): Prisma.Sql {
  return Prisma.raw(`json_build_object(
    'user', ${userColumns(user)},
    'role', ${member}.role, 'joinedAt', ${member}.joined_at, 'silencedUntil', ${member}.silenced_until, 'rev', ${member}.rev)`);
}

export interface RoomCharacterRow {
  character: { id: string; handle: string; name: string; tagline: string; avatar: Avatar; model: string | null };
  autoReply: AutoReply;
  isAssistant: boolean;
  joinedAt: Instant;
  rev: number;
}

/** @param entry alias of `room_characters`; @param character alias of `characters`; always literals. */
export function roomCharacterJson(entry: string, character: string): Prisma.Sql {
  return Prisma.raw(`json_build_object(
    'character', json_build_object('id', ${character}.id, 'handle', ${character}.handle, 'name', ${character}.name,
      'tagline', ${character}.tagline, 'avatar', ${character}.avatar, 'model', ${character}.model),
    'autoReply', ${entry}.auto_reply, 'isAssistant', ${character}.is_assistant,
    'joinedAt', ${entry}.joined_at, 'rev', ${entry}.rev)`);
}

export interface MineRow {
  role: RoomRole;
  lastReadSeq: number;
  lastSeq: number;
  unread: number;
  mentions: number;
  muted: boolean;
  silencedUntil: Instant | null;
  reports: number;
  direct: Mine['direct'];
}

/**
 * @param member alias of `room_members`; always a literal
 * @param counter alias of `room_counters`; always a literal
 * @param room alias of `rooms`, always a literal; null if the caller does not need the other side of a direct room
 * @param session alias of the `chat_sessions` row of a room that the statement makes, always a literal. @default it is looked up
 */
export function mineJson(member: string, counter: string, room: string | null, session: string | null = null): Prisma.Sql {
  return Prisma.sql`json_build_object('unread', ${unreadOf(member)}, ${Prisma.raw(`
    'direct', ${room === null ? 'null' : directJson(member, room, session)},
    'role', ${member}.role, 'lastReadSeq', ${member}.last_read_seq, 'lastSeq', ${counter}.last_seq, 'muted', ${member}.muted,
    'silencedUntil', case when ${member}.silenced_until > now() then ${member}.silenced_until end,
    'reports', case when ${member}.role = 'member' then 0 else (select count(*)::int from (
      select from reports report where report.room_id = ${member}.room_id and report.outcome is null limit 99) waiting) end,
    'mentions', (select count(*)::int from room_mentions mention where mention.user_id = ${member}.user_id
      and mention.room_id = ${member}.room_id and mention.seq > ${member}.last_read_seq))`)}`;
}

/**
 * The other side of a direct room: the person or character whose id in `direct_key` is not the member's. A chat session's room has no such
 * key: a person has many of them with one character, so its name follows the character's.
 */
function directJson(member: string, room: string, session: string | null): string {
  const columns = (type: string, name: string) =>
    `json_build_object('type', '${type}', 'id', side.id, 'name', ${name}, 'avatar', side.avatar)`;
  const other = `replace(replace(${room}.direct_key, ${member}.user_id::text, ''), ':', '')::uuid`;
  const ofSession = `select ${columns('character', `side.name || ' · ' || ${room}.name`)}`;
  return `(case
    when ${room}.direct_key is not null then coalesce(
      (select ${columns('user', 'side.display_name')} from users side where side.id = ${other}),
      (select ${columns('character', 'side.name')} from characters side where side.id = ${other}))
    when ${room}.visibility = 'direct' then (${
      session === null
        ? `${ofSession} from chat_sessions own join characters side on side.id = own.character_id where own.room_id = ${room}.id`
        : `${ofSession} from characters side where side.id = ${session}.character_id`
    }) end)`;
}
