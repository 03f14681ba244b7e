import {
  AppError,
  decide,
  operations,
  type OperationName,
  type RoomOperationName,
  type RoomRole,
  type RoomVisibility,
} from '@parley/contracts';
import type { Db } from '@parley/db';
import { v7 as uuidv7 } from 'uuid';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Actor } from '../sessions/actor.js';
import { disableAccount } from '../accounts/disable-account.js';
import { login } from '../sessions/login.js';
import { logout } from '../sessions/logout.js';
import { sharedWorld } from '../testing/shared-world.js';
import { StaleMembershipError, type AuthorizedRoom } from './authorized-room.js';
import { createRoom } from '../rooms/create-room.js';
import { joinRoom } from '../members/join-room.js';
import { leaveRoom } from '../members/leave-room.js';
import { RoomAccess } from './room-access.js';

/** Every operation of the table that names a room, or something in one. */
const inRooms = (Object.keys(operations) as OperationName[]).filter((name): name is RoomOperationName =>
  ['room', 'reader', 'self', 'invited'].includes(operations[name].who),
);

const roles: (RoomRole | null)[] = [null, 'member', 'moderator', 'owner'];

/**
 * The answer that the table promises from `RoomAccess` alone, before anything is asked of the thing or the room's state: `ok`, or the code
 * of the refusal.
 */
function promised(operation: RoomOperationName, role: RoomRole | null, visibility: RoomVisibility): string {
  const decision = decide(operation, { instanceRole: 'user', room: { role, visibility, archived: false }, own: true });
  return decision.kind === 'allowed' || decision.reason === 'direct' ? 'ok' : decision.code;
}

const outcome = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'ok',
    (error: unknown) => (error instanceof AppError ? error.code : error),
  );

export function roomAccessSuite(kind: 'pglite' | 'postgres'): void {
  describe(`RoomAccess (${kind})`, () => {
    const world = sharedWorld(kind);
    let n = 0;
    let owner: Actor;
    let queries = 0;

    /** The world's database, its queries counted. */
    function countingDb(): Db {
      const { db } = world().deps;
      return {
        $queryRaw: (...args: Parameters<Db['$queryRaw']>) => {
          queries++;
          return db.$queryRaw(...args);
        },
      } as unknown as Db;
    }

    const newAccess = (options?: ConstructorParameters<typeof RoomAccess>[1]) => new RoomAccess({ db: countingDb() }, options);
    const makeRoom = (visibility: 'public' | 'private') => createRoom(world().deps, owner, { name: `Room ${n}`, topic: '', visibility });
    const newcomer = async () => (await world().register(`newcomer-${n}`)).actor;
    const nothing = (room: AuthorizedRoom) => Promise.resolve(room);
    const joinAs = (actor: Actor, roomId: string) =>
      world().access.run(actor, roomId, 'rooms.join', (room) => joinRoom(world().deps, room));
    const leaveAs = (actor: Actor, roomId: string) =>
      world().access.run(actor, roomId, 'rooms.leave', (room) => leaveRoom(world().deps, room));

    beforeEach(() => {
      owner = world().owner.actor;
      queries = 0;
      n++;
    });

    describe.each(['public', 'private'] as const)('in a %s room', (visibility) => {
      it.each(roles)('lets a %s do what the table of operations says, and nothing else', async (role) => {
        const room = await makeRoom(visibility);
        const actor = await newcomer();
        if (role) {
          await world().deps.db.$executeRaw`insert into room_members (room_id, user_id, role, rev)
            values (${room.id}::uuid, ${actor.userId}::uuid, ${role}, 4)`;
        }
        for (const operation of inRooms) {
          const result = await outcome(newAccess().run(actor, room.id, operation, nothing));
          expect({ operation, result }).toEqual({ operation, result: promised(operation, role, visibility) });
        }
      });
    });

    it('tells a private room from one that does not exist in no way', async () => {
      const room = await makeRoom('private');
      const actor = await newcomer();
      for (const operation of inRooms) {
        const hidden = await newAccess()
          .run(actor, room.id, operation, nothing)
          .catch((error: unknown) => error);
        const absent = await newAccess()
          .run(actor, uuidv7(), operation, nothing)
          .catch((error: unknown) => error);
        expect(hidden).toMatchObject({ code: 'ROOM_NOT_FOUND', details: {} });
        expect(absent).toEqual(hidden);
      }
    });

    it('hands on what it relied on, with the assistant', async () => {
      const room = await makeRoom('private');
      const proof = await newAccess().run(owner, room.id, 'messages.send', nothing);
      expect(proof).toMatchObject({ actor: owner, roomId: room.id, visibility: 'private', archived: false, role: 'owner', membersRev: 3 });
      expect(proof.characters).toEqual([
        { character: expect.objectContaining({ handle: 'ada', name: 'Ada' }), autoReply: 'mention', isAssistant: true },
      ]);
    });

    it('asks the database once for a person who writes on, and once for calls that come together', async () => {
      const room = await makeRoom('public');
      const access = newAccess();
      await Promise.all(Array.from({ length: 20 }, () => access.run(owner, room.id, 'messages.list', nothing)));
      expect(queries).toBe(1);
      for (let i = 0; i < 5; i++) await access.run(owner, room.id, 'messages.send', nothing);
      expect(queries).toBe(1);
      access.invalidate(room.id);
      await access.run(owner, room.id, 'messages.send', nothing);
      expect(queries).toBe(2);
    });

    it('reads anew and tries again when the membership was old', async () => {
      const room = await makeRoom('public');
      const access = newAccess();
      await access.run(owner, room.id, 'messages.send', nothing);
      await joinAs(await newcomer(), room.id);
      const seen: number[] = [];
      await access.run(owner, room.id, 'messages.send', (proof) => {
        seen.push(proof.membersRev);
        return proof.membersRev === 3 ? Promise.reject(new StaleMembershipError()) : Promise.resolve();
      });
      expect(seen).toEqual([3, 6]);
    });

    it('gives up with CONFLICT when that does not end', async () => {
      const room = await makeRoom('public');
      let calls = 0;
      const run = newAccess({ maxAttempts: 4 }).run(owner, room.id, 'messages.send', () => {
        calls++;
        return Promise.reject(new StaleMembershipError());
      });
      await expect(run).rejects.toMatchObject({ code: 'CONFLICT' });
      expect(calls).toBe(4);
    });

    it('passes other errors on, at once', async () => {
      const room = await makeRoom('public');
      const failure = new Error('of the use case');
      await expect(newAccess().run(owner, room.id, 'messages.send', () => Promise.reject(failure))).rejects.toBe(failure);
    });

    it('refuses nobody because of what it remembers: who joined elsewhere gets in', async () => {
      const room = await makeRoom('public');
      const actor = await newcomer();
      const access = newAccess();
      await access.run(actor, room.id, 'rooms.join', nothing);
      await joinAs(actor, room.id);
      await expect(access.run(actor, room.id, 'messages.send', nothing)).resolves.toMatchObject({ role: 'member' });
    });

    it('lets nobody read on after they left elsewhere, beyond the age a read may rely on', async () => {
      const room = await makeRoom('private');
      const actor = await newcomer();
      await world().deps.db.$executeRaw`insert into room_members (room_id, user_id, role, rev)
        values (${room.id}::uuid, ${actor.userId}::uuid, 'member', 4)`;
      const access = newAccess({ maxReadAgeMs: 0 });
      await access.run(actor, room.id, 'messages.list', nothing);
      await leaveAs(actor, room.id);
      await expect(access.run(actor, room.id, 'messages.list', nothing)).rejects.toMatchObject({ code: 'ROOM_NOT_FOUND' });
    });

    it('forgets a membership that is read while the room is invalidated', async () => {
      const room = await makeRoom('public');
      const access = newAccess();
      const reading = access.run(owner, room.id, 'messages.send', nothing);
      access.invalidate(room.id);
      await reading;
      await access.run(owner, room.id, 'messages.send', nothing);
      expect(queries).toBe(2);
    });

    it('lets an ended session read nothing, though another of the same person may', async () => {
      const room = await makeRoom('public');
      const bob = await world().register(`bob-${n}`);
      const again = await login(world().deps, { username: bob.user.username, password: bob.password });
      const other = await world().deps.tokens.verify(again.accessToken);
      await joinAs(bob.actor, room.id);
      await logout(world().deps, bob.actor, { everywhere: false });
      const access = newAccess();
      await access.run(other, room.id, 'messages.list', nothing);
      await expect(access.run(bob.actor, room.id, 'messages.list', nothing)).rejects.toMatchObject({ code: 'SESSION_REVOKED' });
      await disableAccount(world().deps, null, { username: bob.user.username });
      await expect(newAccess().run(other, room.id, 'messages.list', nothing)).rejects.toMatchObject({ code: 'ACCOUNT_DISABLED' });
    });
  });
}
