import { maxHooks, type HookView } from '@parley/contracts';
import { Prisma } from '@parley/db';
import type { AuthorizedRoom } from '../access/authorized-room.js';
import type { CoreDeps } from '../deps.js';
import type { Actor } from '../sessions/actor.js';
import { hookView, selectHooks, type HookRow } from './hook-rows.js';

/** The hooks of a room, the oldest first. */
export function listHooks(deps: Pick<CoreDeps, 'db'>, { roomId }: AuthorizedRoom): Promise<HookView[]> {
  return read(deps, Prisma.sql`k.room_id = ${roomId}::uuid`);
}

/** A page of the hooks that the actor made, the oldest first. @param after the id that the page before ended with */
export function listMadeHooks(deps: Pick<CoreDeps, 'db'>, { userId }: Pick<Actor, 'userId'>, after: string | null): Promise<HookView[]> {
  return read(
    deps,
    Prisma.sql`k.made_by = ${userId}::uuid and (${after}::uuid is null
      or (k.created_at, k.id) > (select last.created_at, last.id from hooks last where last.id = ${after}::uuid))`,
  );
}

async function read({ db }: Pick<CoreDeps, 'db'>, which: Prisma.Sql): Promise<HookView[]> {
  const rows = await db.$queryRaw<HookRow[]>(Prisma.sql`${selectHooks(which)} limit ${maxHooks}::int`);
  return rows.map(hookView);
}
