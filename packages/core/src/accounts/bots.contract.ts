import { isBot, maxBotsPerOwner } from '@parley/contracts';
import { Prisma } from '@parley/db';
import { v7 as uuidv7 } from 'uuid';
import { describe, expect, it } from 'vitest';
import type { AuthorizedRoom } from '../access/authorized-room.js';
import { RoomAccess } from '../access/room-access.js';
import { createKey } from '../keys/create-key.js';
import { readKey } from '../keys/key-text.js';
import { listKeys } from '../keys/list-keys.js';
import { loadKeyActor } from '../keys/load-key-actor.js';
import { revokeKey } from '../keys/revoke-key.js';
import { joinRoom } from '../members/join-room.js';
import { markRead } from '../members/mark-read.js';
import { createRoom } from '../rooms/create-room.js';
import { getRoom } from '../rooms/get-room.js';
import { login } from '../sessions/login.js';
import { postMessage } from '../messages/post-message.js';
import { sharedWorld } from '../testing/shared-world.js';
import { createBot, listBots, removeBot } from './bots.js';
import { disableAccount } from './disable-account.js';
import { enableAccount } from './enable-account.js';
import { removeOwnAccount } from '../privacy/remove-person.js';
import { resetPassword } from './reset-password.js';
import { searchUsers } from './search-users.js';
import { setAdmin } from './set-admin.js';
import { updateProfile } from './update-profile.js';

export function botsSuite(kind: 'pglite' | 'postgres'): void {
  describe(`bots (${kind})`, () => {
    const world = sharedWorld(kind);
    const room = { name: 'A room', topic: '', visibility: 'public' } as const;
    const scopes = ['rooms:read', 'rooms:write', 'messages:write', 'users:write'] as const;
    const say = async (target: AuthorizedRoom, content: string) =>
      (await postMessage(world().deps, target, { clientId: uuidv7(), content, replyTo: null })).message!;
    const act = (key: string) => loadKeyActor(world().deps, readKey(key)!);

    async function withBot(owner: string, username: string) {
      const { deps } = world();
      const person = await world().register(owner);
      const bot = await createBot(deps, person.actor, { username, displayName: `${username} of ${owner}` });
      const { key, id: keyId } = await createKey(deps, person.actor, { name: 'run', scopes, bot: username });
      return { ...person, bot, key, keyId, acting: await act(key) };
    }

    it('have a name that is theirs, no password, and a mark wherever they show', async () => {
      const { deps } = world();
      const { actor, bot, acting } = await withBot('ann', 'weather');
      expect(bot.user).toMatchObject({ username: 'weather', displayName: 'weather of ann', avatar: { glyph: 'bot' } });
      expect(isBot(bot.user)).toBe(true);
      expect(acting).toMatchObject({ userId: bot.user.id, username: 'weather', role: 'user' });
      const made = await createRoom(deps, acting, room);
      const sent = await new RoomAccess(deps).run(acting, made.id, 'messages.send', (target) => say(target, 'rain'));
      expect(isBot(sent.author)).toBe(true);
      expect((await searchUsers(deps, { query: 'weather', limit: 5 })).map(isBot)).toEqual([true]);
      // Its looks change as a person's do, and the mark stays.
      const changed = await updateProfile(deps, acting, { displayName: 'Rain', hue: 7 });
      expect(changed.avatar).toEqual({ hue: 7, glyph: 'bot' });
      await expect(login(deps, { username: 'weather', password: '' })).rejects.toMatchObject({ code: 'INVALID_CREDENTIALS' });
      await expect(resetPassword(deps, 'weather')).rejects.toMatchObject({ code: 'USER_NOT_FOUND' });
      await expect(setAdmin(deps, null, { username: 'weather', admin: true })).rejects.toMatchObject({ code: 'USER_NOT_FOUND' });
      expect(await listBots(deps, actor)).toMatchObject([{ user: { username: 'weather', displayName: 'Rain' } }]);
    });

    it('have read what they say they have, and not what stands above a message of theirs, as people have', async () => {
      const { deps } = world();
      const { actor, acting } = await withBot('ivo', 'ferry');
      const access = new RoomAccess(deps);
      const made = await createRoom(deps, actor, { ...room, visibility: 'public' });
      await access.run(acting, made.id, 'rooms.join', (target) => joinRoom(deps, target));
      const speak = (who: typeof actor, content: string) => access.run(who, made.id, 'messages.send', (target) => say(target, content));
      const readBy = (who: typeof actor) =>
        access.run(who, made.id, 'rooms.get', (target) => getRoom(deps, target)).then(({ mine }) => mine.lastReadSeq);
      const before = await readBy(acting);
      const asked = await speak(actor, '@ferry when do you sail?');
      const answered = await speak(acting, 'At noon.');
      expect([await readBy(acting), await readBy(actor)]).toEqual([before, asked.seq]);
      await access.run(acting, made.id, 'rooms.markRead', (target) => markRead(deps, target, asked.seq));
      expect(await readBy(acting)).toBe(asked.seq);
      await speak(actor, 'Good.');
      expect(await readBy(actor)).toBeGreaterThan(answered.seq);
      expect(await readBy(acting)).toBe(asked.seq);
    });

    it('take a name as people do, and belong to people alone', async () => {
      const { deps } = world();
      const { actor, acting } = await withBot('bea', 'tides');
      const other = await world().register('ben');
      for (const username of ['tides', 'ben', 'ada']) {
        await expect(createBot(deps, actor, { username })).rejects.toMatchObject({ code: 'USERNAME_TAKEN' });
      }
      await expect(createBot(deps, actor, { username: 'admin' })).rejects.toMatchObject({ code: 'USERNAME_TAKEN' });
      await expect(createBot(deps, acting, { username: 'sub' })).rejects.toMatchObject({ code: 'FORBIDDEN' });
      await expect(createKey(deps, other.actor, { name: 'x', scopes, bot: 'tides' })).rejects.toMatchObject({ code: 'USER_NOT_FOUND' });
      await expect(createKey(deps, actor, { name: 'x', scopes, bot: 'ben' })).rejects.toMatchObject({ code: 'USER_NOT_FOUND' });
      await expect(removeBot({ ...deps, rooms: new RoomAccess(deps) }, other.actor, 'tides')).rejects.toMatchObject({
        code: 'USER_NOT_FOUND',
      });
      expect(await listBots(deps, other.actor)).toEqual([]);
    });

    it('are so many at most, also when they are made at once', async () => {
      const { deps } = world();
      const { actor } = await world().register('cay');
      const made = await Promise.allSettled(
        Array.from({ length: maxBotsPerOwner + 3 }, (_, n) => createBot(deps, actor, { username: `cays-${uuidv7().slice(-12)}-${n}` })),
      );
      expect(made.filter(({ status }) => status === 'fulfilled')).toHaveLength(maxBotsPerOwner);
      for (const each of made) if (each.status === 'rejected') expect(each.reason).toMatchObject({ code: 'RATE_LIMITED' });
    });

    it('have keys that their owner lists and revokes, limited to rooms that the bot is in', async () => {
      const { deps } = world();
      const { actor, key, keyId, acting } = await withBot('dot', 'clock');
      const { id: roomId } = await createRoom(deps, actor, room);
      const limited = { name: 'limited', scopes, bot: 'clock', rooms: [roomId] };
      await expect(createKey(deps, actor, limited)).rejects.toMatchObject({ code: 'VALIDATION' });
      await new RoomAccess(deps).run(acting, roomId, 'rooms.join', (target) => joinRoom(deps, target));
      await createKey(deps, actor, limited);
      expect((await listKeys(deps, actor)).map(({ name, bot }) => [name, bot])).toEqual([
        ['limited', 'clock'],
        ['run', 'clock'],
      ]);
      const other = await world().register('don');
      await expect(revokeKey(deps, other.actor, keyId)).rejects.toMatchObject({ code: 'NOT_FOUND' });
      await revokeKey(deps, actor, keyId);
      await expect(act(key)).rejects.toMatchObject({ code: 'SESSION_REVOKED' });
    });

    it('are disabled and enabled with their owner', async () => {
      const { deps } = world();
      const { actor, key, password } = await withBot('eve', 'echo-bot');
      await disableAccount(deps, null, { username: 'eve' });
      await expect(act(key)).rejects.toMatchObject({ code: 'ACCOUNT_DISABLED' });
      await enableAccount(deps, null, { username: 'eve' });
      await expect(act(key)).rejects.toMatchObject({ code: 'SESSION_REVOKED' });
      const again = await login(deps, { username: 'eve', password: password });
      const back = await deps.tokens.verify(again.accessToken);
      expect(back.userId).toBe(actor.userId);
      await act((await createKey(deps, back, { name: 'again', scopes, bot: 'echo-bot' })).key);
    });

    it('end alone, or with their owner; what they said stays, without their name', async () => {
      const { deps } = world();
      const rooms = new RoomAccess(deps);
      const { actor, acting, key, password } = await withBot('fay', 'gone-bot');
      const { id: roomId } = await createRoom(deps, actor, room);
      await rooms.run(acting, roomId, 'rooms.join', (target) => joinRoom(deps, target));
      await rooms.run(acting, roomId, 'messages.send', (target) => say(target, 'still here'));
      await disableAccount(deps, null, { username: 'gone-bot' });
      await removeBot({ ...deps, rooms }, actor, 'gone-bot');
      await expect(act(key)).rejects.toMatchObject({ code: 'ACCOUNT_DISABLED' });
      expect(await listBots(deps, actor)).toEqual([]);
      const { members } = await rooms.run(actor, roomId, 'rooms.get', (target) => getRoom(deps, target));
      expect(members.map(({ user }) => user.username)).toEqual(['fay']);
      const [said] = await deps.db.$queryRaw<{ name: string }[]>(
        Prisma.sql`select author_name as name from messages where room_id = ${roomId}::uuid and content = 'still here'`,
      );
      expect(said!.name).toBe('Removed account');
      // A removed bot is nobody's, so that nobody enables it.
      await expect(enableAccount(deps, null, { username: 'gone-bot' })).rejects.toMatchObject({ code: 'USER_NOT_FOUND' });

      await createBot(deps, actor, { username: 'last-bot' });
      const last = await createKey(deps, actor, { name: 'last', scopes, bot: 'last-bot' });
      await removeOwnAccount({ ...deps, rooms }, actor, { password });
      await expect(act(last.key)).rejects.toMatchObject({ code: 'ACCOUNT_DISABLED' });
    });
  });
}
