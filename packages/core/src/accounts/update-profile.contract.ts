import { beforeEach, describe, expect, it } from 'vitest';
import { getAccount } from './get-account.js';
import { logout } from '../sessions/logout.js';
import { listMessages } from '../messages/list-messages.js';
import { loadChanges } from '../sync/load-changes.js';
import { send } from '../messages/testing-messages.js';
import { sharedWorld } from '../testing/shared-world.js';
import type { TestUser } from '../testing/test-world.js';
import { createRoom } from '../rooms/create-room.js';
import { getRoom } from '../rooms/get-room.js';
import { joinRoom } from '../members/join-room.js';
import { lobbyId } from '../rooms/lobby.js';
import { openDirectRoom } from '../rooms/open-direct-room.js';
import { as, inboxOf, toldIn } from '../rooms/testing-rooms.js';
import { updateProfile } from './update-profile.js';

export function updateProfileSuite(kind: 'pglite' | 'postgres'): void {
  describe(`updateProfile (${kind})`, () => {
    const world = sharedWorld(kind);
    let n = 0;
    let bob: TestUser;

    beforeEach(async () => {
      bob = await world().register(`bob-${n++}`);
      world().bus.clear();
    });

    const newRoom = (name = 'Room') => createRoom(world().deps, world().owner.actor, { name, topic: '', visibility: 'public' });
    const join = (roomId: string) => as(world(), bob, roomId, 'rooms.join', (room) => joinRoom(world().deps, room));
    const update = (input: { displayName?: string; hue?: number }) => updateProfile(world().deps, bob.actor, input);

    it('changes name and hue, each alone or both', async () => {
      expect(await update({ displayName: 'Bob the First' })).toEqual({ ...bob.user, displayName: 'Bob the First' });
      expect(await update({ hue: 7 })).toEqual({ ...bob.user, displayName: 'Bob the First', avatar: { hue: 7, glyph: null } });
      expect(await getAccount(world().deps, bob.actor)).toMatchObject({ displayName: 'Bob the First', avatar: { hue: 7 } });
    });

    it('tells all rooms of the person, as the feed has it, and leaves what they said as it was said', async () => {
      const room = await newRoom();
      await join(room.id);
      const { message } = await send(world(), bob, 'said before', {}, room.id);
      world().bus.clear();
      await update({ displayName: `Robert ${n}` });
      for (const roomId of [room.id, lobbyId]) {
        const told = toldIn(world(), roomId);
        expect(told).toMatchObject([{ type: 'member', left: false, member: { user: { id: bob.user.id, displayName: `Robert ${n}` } } }]);
        const { events, head } = await loadChanges(world().deps, roomId, told[0]!.rev - 1, 10);
        expect(events).toEqual(told);
        expect(head.rev).toBe(told[0]!.rev);
      }
      const { items } = await as(world(), bob, room.id, 'messages.list', (target) => listMessages(world().deps, target, { limit: 10 }));
      expect(items.at(-1)).toEqual(message);
      const next = await send(world(), bob, 'said after', {}, room.id);
      expect(next.message.author.name).toBe(`Robert ${n}`);
    });

    it('tells no room where nothing changed, nor those that were left', async () => {
      await update({ displayName: bob.user.displayName });
      await update({});
      expect(world().bus.published).toEqual([]);
    });

    it('retitles direct rooms for the other side', async () => {
      const carol = await world().register(`carol-${n}`);
      const room = await openDirectRoom(world().deps, bob.actor, { username: carol.user.username });
      world().bus.clear();
      await update({ displayName: `Robert ${n}` });
      expect(inboxOf(world(), carol)).toMatchObject([{ type: 'room', room: { id: room.id }, mine: { direct: { name: `Robert ${n}` } } }]);
      expect(inboxOf(world(), bob)).toEqual([]);
    });

    it('reaches a room that the person enters at the same moment', async () => {
      const rooms = await Promise.all(Array.from({ length: 8 }, (_, i) => newRoom(`Race ${i}`)));
      await Promise.all([...rooms.map(({ id }) => join(id)), update({ displayName: `Robert ${n}` })]);
      for (const { id } of rooms) {
        // The person's last event, by rev, has the new name, so no reader keeps the old one.
        const told = toldIn(world(), id).flatMap((event) => (event.type === 'member' ? [event] : []));
        const last = told.toSorted((a, b) => a.rev - b.rev).at(-1)!;
        expect(last.member.user.displayName).toBe(`Robert ${n}`);
        const details = await as(world(), bob, id, 'rooms.get', (room) => getRoom(world().deps, room));
        expect(details.members).toContainEqual(last.member);
      }
    });

    it('takes no change of an ended session', async () => {
      await logout(world().deps, bob.actor, { everywhere: false });
      await expect(update({ displayName: 'Ghost' })).rejects.toMatchObject({ code: 'SESSION_REVOKED' });
    });
  });
}
