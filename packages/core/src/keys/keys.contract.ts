import { channels, keyScopes, maxKeysPerAccount } from '@parley/contracts';
import { Prisma } from '@parley/db';
import { v7 as uuidv7 } from 'uuid';
import { describe, expect, it } from 'vitest';
import { disableAccount } from '../accounts/disable-account.js';
import { createRoom } from '../rooms/create-room.js';
import { deleteSpentSessions } from '../sessions/delete-spent-sessions.js';
import { findEndedSessions } from '../sessions/find-ended-sessions.js';
import { logout } from '../sessions/logout.js';
import { sharedWorld } from '../testing/shared-world.js';
import { createKey, createKeyFor, type CreateKeyInput } from './create-key.js';
import { readKey } from './key-text.js';
import { listKeys } from './list-keys.js';
import { loadKeyActor } from './load-key-actor.js';
import { revokeKey } from './revoke-key.js';

export function keysSuite(kind: 'pglite' | 'postgres'): void {
  describe(`keys (${kind})`, () => {
    const world = sharedWorld(kind);
    const input: CreateKeyInput = { name: 'script', scopes: ['rooms:read', 'rooms:write'] };
    const room = { name: 'A room', topic: '', visibility: 'public' } as const;
    const act = (key: string) => loadKeyActor(world().deps, readKey(key)!);

    it('make their person act, with scopes, rooms and an end', async () => {
      const { deps } = world();
      const { actor } = await world().register('ann');
      const { id: roomId } = await createRoom(deps, actor, room);
      const end = new Date(Date.now() + 86_400_000).toISOString();
      const { key, ...made } = await createKey(deps, actor, { ...input, rooms: [roomId], expiresAt: end });
      expect(made).toMatchObject({ name: 'script', scopes: input.scopes, rooms: [roomId], expiresAt: end, lastUsedAt: null });
      const acting = await act(key);
      expect(acting).toMatchObject({ userId: actor.userId, username: 'ann', sessionId: made.id, expiresAt: Date.parse(end) });
      expect(acting.key).toEqual({ scopes: input.scopes, roomIds: [roomId] });
      await expect(createRoom(deps, acting, room)).resolves.toMatchObject({ name: 'A room' });
      // Stored is a hash, and no list shows more than was shown beside the key.
      const stored = JSON.stringify(await deps.db.$queryRaw(Prisma.sql`select encode(hash, 'hex') as hash, name from keys`));
      expect(stored).not.toContain(key);
      expect(stored).toContain(readKey(key)!.hashHex);
      await expect.poll(async () => (await listKeys(deps, actor))[0]?.lastUsedAt).not.toBeNull();
      expect(await listKeys(deps, actor)).toEqual([{ ...made, lastUsedAt: expect.any(String) as string }]);
    });

    it('note their use once a minute', async () => {
      const { deps } = world();
      const { actor } = await world().register('bea');
      const { key, id } = await createKey(deps, actor, input);
      const used = async () => (await listKeys(deps, actor))[0]!.lastUsedAt;
      await act(key);
      await expect.poll(used).not.toBeNull();
      const first = await used();
      const moved = (seconds: number) =>
        deps.db.$executeRaw(
          Prisma.sql`update keys set last_used_at = last_used_at - ${seconds}::int * interval '1 second' where session_id = ${id}::uuid`,
        );
      await moved(50);
      await act(key);
      expect(await used()).toBe(new Date(Date.parse(first!) - 50_000).toISOString());
      await moved(20);
      await act(key);
      await expect.poll(async () => Date.parse((await used())!)).toBeGreaterThanOrEqual(Date.parse(first!));
    });

    it('are known by the whole of them: one with the id of another is none', async () => {
      const { deps } = world();
      const { actor } = await world().register('cay');
      const { id } = await createKey(deps, actor, input);
      const hashHex = '0'.repeat(64);
      await expect(loadKeyActor(deps, { sessionId: id, hashHex })).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
      await expect(loadKeyActor(deps, { sessionId: uuidv7(), hashHex })).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
      // A sign-in's session has no key.
      await expect(loadKeyActor(deps, { sessionId: actor.sessionId, hashHex })).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    });

    it('end when they are revoked, and no one else can revoke them', async () => {
      const { deps, bus } = world();
      const { actor } = await world().register('dot');
      const other = await world().register('eve');
      const { key, id } = await createKey(deps, actor, input);
      const acting = await act(key);
      await expect(revokeKey(deps, other.actor, id)).rejects.toMatchObject({ code: 'NOT_FOUND' });
      await expect(revokeKey(deps, actor, actor.sessionId)).rejects.toMatchObject({ code: 'NOT_FOUND' });
      await act(key);
      bus.clear();
      await revokeKey(deps, actor, id);
      await revokeKey(deps, actor, id);
      expect(bus.on(channels.user(actor.userId))[0]).toEqual({ type: 'sessionEnded', sessionId: id });
      await expect(act(key)).rejects.toMatchObject({ code: 'SESSION_REVOKED' });
      await expect(createRoom(deps, acting, room)).rejects.toMatchObject({ code: 'SESSION_REVOKED' });
      expect(await listKeys(deps, actor)).toEqual([]);
      expect(await findEndedSessions(deps, [id, actor.sessionId])).toEqual([id]);
      await expect(createRoom(deps, actor, room)).resolves.toBeDefined();
    });

    it('end with their time, with all sessions of their person, and with the account', async () => {
      const { deps } = world();
      const { actor } = await world().register('fay');
      const timed = await createKey(deps, actor, { ...input, expiresAt: new Date(Date.now() + 60_000).toISOString() });
      const acting = await act(timed.key);
      await deps.db.$executeRaw(Prisma.sql`update sessions set expires_at = now() where id = ${timed.id}::uuid`);
      await expect(act(timed.key)).rejects.toMatchObject({ code: 'SESSION_REVOKED' });
      await expect(createRoom(deps, acting, room)).rejects.toMatchObject({ code: 'SESSION_REVOKED' });
      const { key } = await createKey(deps, actor, input);
      await disableAccount(deps, null, { username: 'fay' });
      await expect(act(key)).rejects.toMatchObject({ code: 'ACCOUNT_DISABLED' });

      const gil = await world().register('gil');
      const everywhere = await createKey(deps, gil.actor, input);
      await logout(deps, gil.actor, { everywhere: true });
      await expect(act(everywhere.key)).rejects.toMatchObject({ code: 'SESSION_REVOKED' });
    });

    it('are refused where they would never be good', async () => {
      const { deps } = world();
      const { actor } = await world().register('hal');
      const other = await world().register('ivy');
      const { id: elsewhere } = await createRoom(deps, other.actor, room);
      const past = new Date(Date.now() - 1_000).toISOString();
      const refused = (more: Partial<CreateKeyInput>) => createKey(deps, actor, { ...input, ...more }).catch((error: unknown) => error);
      expect(await refused({ expiresAt: past })).toMatchObject({ code: 'VALIDATION', details: { field: 'expiresAt' } });
      expect(await refused({ rooms: [elsewhere] })).toMatchObject({ code: 'VALIDATION', details: { field: 'rooms' } });
      expect(await refused({ rooms: [uuidv7()] })).toMatchObject({ code: 'VALIDATION', details: { field: 'rooms' } });
      await logout(deps, actor, { everywhere: false });
      expect(await refused({})).toMatchObject({ code: 'SESSION_REVOKED' });
      expect(await listKeys(deps, actor)).toEqual([]);
    });

    it('are so many at most, and a revoked one makes room', async () => {
      const { deps } = world();
      const { actor } = await world().register('jan');
      const made = [];
      for (let i = 0; i < maxKeysPerAccount; i++) made.push(await createKey(deps, actor, input));
      await expect(createKey(deps, actor, input)).rejects.toMatchObject({ code: 'RATE_LIMITED' });
      await revokeKey(deps, actor, made[0]!.id);
      await expect(createKey(deps, actor, input)).resolves.toBeDefined();
    });

    it('are made by the operator too', async () => {
      const { deps } = world();
      const { actor } = await world().register('kim');
      const key = await createKeyFor(deps, 'kim');
      expect(await act(key)).toMatchObject({ userId: actor.userId, key: { scopes: [...keyScopes], roomIds: null } });
      expect(await act(await createKeyFor(deps, ' Kim'))).toMatchObject({ userId: actor.userId });
      await expect(createKeyFor(deps, 'nobody')).rejects.toThrow('There is no account named “nobody”.');
    });

    it('stay as long as they are good, also to a process of an earlier version, and go when they are not', async () => {
      const { deps } = world();
      const { actor } = await world().register('lou');
      const [kept, revoked, over] = [
        await createKey(deps, actor, input),
        await createKey(deps, actor, input),
        await createKey(deps, actor, input),
      ];
      await revokeKey(deps, actor, revoked.id);
      await deps.db.$executeRaw(
        Prisma.sql`update sessions set created_at = now() - interval '80 days' where user_id = ${actor.userId}::uuid`,
      );
      await deps.db.$executeRaw(Prisma.sql`update sessions set revoked_at = now() - interval '2 days' where id = ${revoked.id}::uuid`);
      await deps.db.$executeRaw(Prisma.sql`update sessions set expires_at = now() - interval '2 days' where id = ${over.id}::uuid`);
      // What an earlier version looks at: sessions of which no token is good.
      const [{ spent }] = await deps.db.$queryRaw<[{ spent: boolean }]>(Prisma.sql`
        select not exists (select 1 from refresh_tokens t where t.session_id = ${kept.id}::uuid and t.expires_at > now()) as spent`);
      expect(spent).toBe(false);
      for (let next: string | null = null, first = true; first || next !== null; first = false)
        ({ next } = await deleteSpentSessions(deps, next));
      const left = await deps.db.$queryRaw<{ id: string }[]>(Prisma.sql`
        select k.session_id as id from keys k where k.session_id in (${kept.id}::uuid, ${revoked.id}::uuid, ${over.id}::uuid)`);
      expect(left).toEqual([{ id: kept.id }]);
      await expect(act(kept.key)).resolves.toBeDefined();
    });
  });
}
