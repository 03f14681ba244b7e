import type { KeyView, KeyScope } from '@parley/contracts';
import { Prisma } from '@parley/db';
import { toIso, toIsoOrNull, type Instant } from '../protocol/instant.js';

/** A key as {@link keyJson} writes it. */
export interface KeyRow {
  id: string;
  bot: string | null;
  name: string;
  scopes: KeyScope[];
  rooms: string[] | null;
  createdAt: Instant;
  expiresAt: Instant | null;
  lastUsedAt: Instant | null;
}

/**
 * A key without its hash.
 *
 * @param key alias of `keys` @param session alias of its row of `sessions` @param account alias of `users`, or of what has its `username` and
 * `owner_id`; always literals
 */
export function keyJson(key: string, session: string, account: string): Prisma.Sql {
  return Prisma.raw(`json_build_object('id', ${key}.session_id, 'bot', case when ${account}.owner_id is not null then ${account}.username end, 'name', ${key}.name, 'scopes', ${key}.scopes, 'rooms', ${key}.room_ids,
    'createdAt', ${session}.created_at, 'expiresAt', ${session}.expires_at, 'lastUsedAt', ${key}.last_used_at)`);
}

export function keyView({ createdAt, expiresAt, lastUsedAt, ...key }: KeyRow): KeyView {
  return { ...key, createdAt: toIso(createdAt), expiresAt: toIsoOrNull(expiresAt), lastUsedAt: toIsoOrNull(lastUsedAt) };
}
