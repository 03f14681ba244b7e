import type { AccountView, Avatar } from '@parley/contracts';
import { Prisma } from '@parley/db';
import { toIso, type Instant } from './instant.js';

export interface AccountRow {
  id: string;
  username: string;
  displayName: string;
  avatar: Avatar;
  isAdmin: boolean;
  createdAt: Instant;
}

/** @param user alias of `users`, or of anything with its columns; always a literal. */
export function accountJson(user: string): Prisma.Sql {
  return Prisma.raw(`json_build_object(
    'id', ${user}.id, 'username', ${user}.username, 'displayName', ${user}.display_name, 'avatar', ${user}.avatar,
    'isAdmin', ${user}.is_admin, 'createdAt', ${user}.created_at)`);
}

export function accountView(row: AccountRow): AccountView {
  return {
    id: row.id,
    username: row.username,
    displayName: row.displayName,
    avatar: row.avatar,
    role: row.isAdmin ? 'admin' : 'user',
    createdAt: toIso(row.createdAt),
  };
}
