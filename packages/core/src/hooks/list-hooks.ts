import { maxHooks, type HookView } from '@parley/contracts';
import { Prisma } from '@parley/db';
import type { AuthorizedRoom } from '../access/authorized-room.js';
import type { CoreDeps } from '../deps.js';
import type { Actor } from '../sessions/actor.js';
import { hookView, selectHooks, type HookRow } from './hook-rows.js';

/** The hooks of a room, the oldest first. */
export async function listHooks({ db }: Pick<CoreDeps, 'db'>, { roomId }: AuthorizedRoom): Promise<HookView[]> {
  const rows = await db.$queryRaw<HookRow[]>(Prisma.sql`${selectHooks(Prisma.sql`k.room_id = ${roomId}::uuid`)} limit ${maxHooks}::int`);
  return rows.map(hookView);
}

/** The hooks that the actor made: all of them, the oldest first. */
export async function listMadeHooks({ db }: Pick<CoreDeps, 'db'>, { userId }: Actor): Promise<HookView[]> {
  return (await db.$queryRaw<HookRow[]>(selectHooks(Prisma.sql`k.made_by = ${userId}::uuid`))).map(hookView);
}
