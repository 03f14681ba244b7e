import { channels, type MessageView, type RoomView } from '@parley/contracts';
import { beforeEach, describe, expect, it } from 'vitest';
import { loadActor } from '../sessions/load-actor.js';
import { login } from '../sessions/login.js';
import { searchUsers } from './search-users.js';
import { createCharacter } from '../characters/create-character.js';
import { getCharacter } from '../characters/get-character.js';
import { listMessages } from '../messages/list-messages.js';
import { loadChanges } from '../sync/load-changes.js';
import { send } from '../messages/testing-messages.js';
import { sharedWorld } from '../testing/shared-world.js';
import type { TestUser } from '../testing/test-world.js';
import { addMember } from '../members/add-member.js';
import { createRoom } from '../rooms/create-room.js';
import { getRoom } from '../rooms/get-room.js';
import { joinRoom } from '../members/join-room.js';
import { listInvitations } from '../members/list-invitations.js';
import { leaveRoom } from '../members/leave-room.js';
import { openDirectRoom } from '../rooms/open-direct-room.js';
import { removeOwnAccount } from '../privacy/remove-person.js';
import { setRole } from '../members/set-role.js';
import { as, toldIn } from '../rooms/testing-rooms.js';

export function removeAccountSuite(kind: 'pglite' | 'postgres'): void {
  describe(`removeAccount (${kind})`, () => {
    const world = sharedWorld(kind);
    let n = 0;
    let bob: TestUser;
    let carol: TestUser;

    beforeEach(async () => {
      n++;
      [bob, carol] = [await world().register(`bob-${n}`), await world().register(`carol-${n}`)];
    });

    const remove = (password = bob.password) => removeOwnAccount({ ...world().deps, rooms: world().access }, bob.actor, { password });
    const roomOf = (by: TestUser, name: string) => createRoom(world().deps, by.actor, { name, topic: '', visibility: 'public' });
    const join = (by: TestUser, room: RoomView) => as(world(), by, room.id, 'rooms.join', (target) => joinRoom(world().deps, target));
    const details = (by: TestUser, room: RoomView) => as(world(), by, room.id, 'rooms.get', (target) => getRoom(world().deps, target));
    const messages = async (by: TestUser, room: RoomView): Promise<MessageView[]> =>
      (await as(world(), by, room.id, 'messages.list', (target) => listMessages(world().deps, target, { limit: 100 }))).items;

    it('asks for the password, and does nothing without', async () => {
      await expect(remove('a guess')).rejects.toMatchObject({ code: 'INVALID_CREDENTIALS', details: { field: 'password' } });
      await expect(loadActor(world().deps, bob.user.id, bob.actor.sessionId)).resolves.toMatchObject({ username: bob.user.username });
    });

    it('ends all sessions, lets nobody sign in, and leaves nothing personal; the name stays taken', async () => {
      const other = await login(world().deps, { username: bob.user.username, password: bob.password });
      world().bus.clear();
      await remove();
      for (const { accessToken } of [bob, other]) {
        const actor = await world().deps.tokens.verify(accessToken);
        await expect(loadActor(world().deps, actor.userId, actor.sessionId)).rejects.toMatchObject({ code: 'ACCOUNT_DISABLED' });
      }
      expect(world().bus.on(channels.user(bob.user.id))).toContainEqual({ type: 'sessionEnded', sessionId: null });
      await expect(login(world().deps, { username: bob.user.username, password: bob.password })).rejects.toMatchObject({
        code: 'INVALID_CREDENTIALS',
      });
      expect(await searchUsers(world().deps, { query: bob.user.username, limit: 5 })).toEqual([]);
      await expect(world().register(bob.user.username)).rejects.toMatchObject({ code: 'USERNAME_TAKEN' });
      const [row] = await world().deps.db.$queryRaw<Record<string, unknown>[]>`
        select username, display_name, avatar, password_hash, is_admin from users where id = ${bob.user.id}::uuid`;
      expect(row).toEqual({
        username: expect.stringMatching(/^removed-[0-9a-f]{20}$/),
        display_name: 'Removed account',
        avatar: { hue: 0, glyph: null },
        password_hash: null,
        is_admin: false,
      });
    });

    it('takes away the invitations to it, and those it made count no more', async () => {
      const [own, other] = [await roomOf(bob, 'Of bob'), await roomOf(carol, 'Of carol')];
      const invite = (by: TestUser, { id }: RoomView, who: TestUser) =>
        as(world(), by, id, 'rooms.addMember', (target) => addMember(world().deps, target, who.user.username));
      for (const [person, place] of [
        [carol, own],
        [bob, other],
      ] as const) {
        await join(person, place);
        await as(world(), person, place.id, 'rooms.leave', (target) => leaveRoom(world().deps, target));
      }
      await invite(bob, own, carol);
      await invite(carol, other, bob);
      expect(await listInvitations(world().deps, carol.actor)).toMatchObject([{ roomId: own.id }]);
      expect(await listInvitations(world().deps, bob.actor)).toMatchObject([{ roomId: other.id }]);
      await remove();
      expect(await listInvitations(world().deps, carol.actor)).toEqual([]);
      expect(await world().deps.db.roomMember.count({ where: { userId: bob.user.id, invitedRev: { not: null } } })).toBe(0);
    });

    it('leaves what was said, without the name, in rooms still joined and left; readers are told, as the feed has it', async () => {
      const [room, left] = [await roomOf(carol, 'Stays'), await roomOf(carol, 'Left')];
      for (const each of [room, left]) {
        await join(bob, each);
        await send(world(), bob, 'what bob said', {}, each.id);
        await send(world(), carol, 'what carol said', {}, each.id);
        await send(world(), bob, 'and again', {}, each.id);
      }
      await as(world(), bob, left.id, 'rooms.leave', (target) => leaveRoom(world().deps, target));
      world().bus.clear();
      await remove();
      for (const each of [room, left]) {
        const said = (await messages(carol, each)).filter(({ kind }) => kind === 'text');
        const gone = { type: 'user', id: bob.user.id, name: 'Removed account', handle: '', avatar: { hue: 0, glyph: null } };
        expect(said.map(({ content, author }) => [content, author])).toEqual([
          ['what bob said', gone],
          ['what carol said', expect.objectContaining({ name: carol.user.displayName })],
          ['and again', gone],
        ]);
        const told = toldIn(world(), each.id);
        const fed = (await loadChanges(world().deps, each.id, told[0]!.rev - 1, 100)).events;
        expect(fed.at(-1)).toEqual(told.at(-1));
        expect(told.filter(({ type }) => type === 'message').slice(-2)).toEqual(
          said.filter(({ author }) => author.id === bob.user.id).map((message) => ({ type: 'message', rev: message.rev, message })),
        );
      }
      // The line that tells the room of the leaving names nobody.
      expect(toldIn(world(), room.id)).toContainEqual(
        expect.objectContaining({ message: expect.objectContaining({ content: 'Removed account left.' }) }),
      );
      expect((await details(carol, room)).members.map(({ user }) => user.id)).toEqual([carol.user.id]);
    });

    it('hands a room it alone owned to who is highest and longest there, and archives one it was alone in', async () => {
      const [shared, alone, owned] = [await roomOf(bob, 'Shared'), await roomOf(bob, 'Alone'), await roomOf(bob, 'Two owners')];
      const dave = await world().register(`dave-${n}`);
      for (const person of [dave, carol]) await join(person, shared);
      await as(world(), bob, shared.id, 'rooms.setRole', (target) =>
        setRole(world().deps, target, { username: carol.user.username, role: 'moderator' }),
      );
      await join(dave, owned);
      await join(carol, owned);
      await as(world(), bob, owned.id, 'rooms.setRole', (target) =>
        setRole(world().deps, target, { username: dave.user.username, role: 'owner' }),
      );
      await remove();
      const roles = async (room: RoomView) =>
        (await details(carol, room)).members.map(({ user, role }) => [user.username, role]).toSorted();
      expect(await roles(shared)).toEqual([
        [carol.user.username, 'owner'],
        [dave.user.username, 'member'],
      ]);
      expect(await roles(owned)).toEqual([
        [carol.user.username, 'member'],
        [dave.user.username, 'owner'],
      ]);
      const [row] = await world().deps.db.$queryRaw<object[]>`
        select archived_at is not null as archived, member_count from rooms where id = ${alone.id}::uuid`;
      expect(row).toEqual({ archived: true, member_count: 0 });
    });

    it('leaves direct rooms to the other side, who is offered no new one', async () => {
      const room = await openDirectRoom(world().deps, bob.actor, { username: carol.user.username });
      await send(world(), bob, 'between us', {}, room.id);
      await remove();
      expect((await details(carol, room)).mine.direct).toMatchObject({ name: 'Removed account' });
      expect((await messages(carol, room)).map(({ content }) => content)).toEqual(['between us', 'Removed account left.']);
      await expect(openDirectRoom(world().deps, carol.actor, { username: bob.user.username })).rejects.toMatchObject({
        code: 'USER_NOT_FOUND',
      });
      await expect(
        as(world(), carol, room.id, 'rooms.addMember', (target) => addMember(world().deps, target, bob.user.username)),
      ).rejects.toMatchObject({ code: 'FORBIDDEN' });
    });

    it('leaves the characters it made, to admins', async () => {
      const { character } = await createCharacter(world().deps, bob.actor, {
        handle: `kept-${n}`,
        name: 'Kept',
        tagline: '',
        systemPrompt: 'Stay.',
        model: null,
        temperature: null,
        greeting: '',
      });
      await remove();
      expect(await getCharacter(world().deps, carol.actor, character.id)).toMatchObject({ mine: false, settings: null });
      expect((await getCharacter(world().deps, world().owner.actor, character.id)).settings).not.toBeNull();
    });

    it('goes on where it broke off', async () => {
      const room = await roomOf(carol, 'Broken off');
      await join(bob, room);
      await send(world(), bob, 'what bob said', {}, room.id);
      const broken = { ...world().deps, db: failingAfter(world().deps.db, 8) };
      await expect(removeOwnAccount({ ...broken, rooms: world().access }, bob.actor, { password: bob.password })).rejects.toThrow(
        'the database went away',
      );
      await remove();
      expect((await messages(carol, room)).find(({ content }) => content === 'what bob said')!.author.name).toBe('Removed account');
      await expect(loadActor(world().deps, bob.user.id, bob.actor.sessionId)).rejects.toMatchObject({ code: 'ACCOUNT_DISABLED' });
    });
  });
}

/** The database, but it fails after so many queries. */
function failingAfter<T extends { $queryRaw: (...args: never[]) => unknown }>(db: T, queries: number): T {
  let left = queries;
  return new Proxy(db, {
    get(target, key) {
      const value: unknown = Reflect.get(target, key);
      if (key !== '$queryRaw') return value;
      return (...args: never[]) => (left-- > 0 ? target.$queryRaw(...args) : Promise.reject(new Error('the database went away')));
    },
  });
}
