import { operationNamed, type OperationName } from '@parley/contracts';
import { Prisma } from '@parley/db';
import type { Actor, KeyRights } from '../sessions/actor.js';

/**
 * What a key that is limited to rooms allows. In a room of another kind it is a stranger's, whoever its person is; what lists rooms or
 * their messages leaves the other rooms out, and it makes no rooms.
 */

/** Whether the actor may act in this room, as far as a key goes. */
export function isRoomOfKey({ key }: Pick<Actor, 'key'>, roomId: string): boolean {
  return !key?.roomIds || key.roomIds.includes(roomId);
}

/** Condition, beginning with `and`, that only rooms of the actor's key meet; nothing where none is set. @param id a column with a room's id */
export function andRoomOfKey({ key }: Pick<Actor, 'key'>, id: Prisma.Sql): Prisma.Sql {
  return key?.roomIds ? Prisma.sql`and ${id} = any(${[...key.roomIds]}::uuid[])` : Prisma.empty;
}

/** Whether a key allows an operation at all: by its scopes, and by its rooms where the operation is on none of them. */
export function keyAllows(key: KeyRights, name: OperationName): boolean {
  const { who, scope } = operationNamed(name);
  if (scope === 'account' || !key.scopes.includes(scope)) return false;
  const reaches = who === 'user' && /^(?:(?:rooms|messages|replies):write|hooks:(?:read|write))$/.test(scope);
  return key.roomIds === null || !reaches;
}
