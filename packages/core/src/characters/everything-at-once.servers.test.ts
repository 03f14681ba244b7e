import { AppError, type DurableEvent, type RoomView } from '@parley/contracts';
import { isRetryable } from '@parley/db';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { changePassword } from '../accounts/change-password.js';
import { login } from '../sessions/login.js';
import { loadChanges } from '../sync/load-changes.js';
import { send } from '../messages/testing-messages.js';
import { acceptInvitation } from '../members/accept-invitation.js';
import { addMember } from '../members/add-member.js';
import { archiveRoom } from '../rooms/archive-room.js';
import { createRoom } from '../rooms/create-room.js';
import { getRoom } from '../rooms/get-room.js';
import { declineInvitation } from '../members/decline-invitation.js';
import { joinRoom } from '../members/join-room.js';
import { leaveRoom } from '../members/leave-room.js';
import { markRead } from '../members/mark-read.js';
import { openDirectRoom } from '../rooms/open-direct-room.js';
import { removeOwnAccount } from '../privacy/remove-person.js';
import { removeMember } from '../members/remove-member.js';
import { RoomAccess } from '../access/room-access.js';
import { setMute } from '../members/set-mute.js';
import { setRole } from '../members/set-role.js';
import { toldIn } from '../rooms/testing-rooms.js';
import { updateProfile } from '../accounts/update-profile.js';
import { updateRoom } from '../rooms/update-room.js';
import { createTestWorld, type TestUser, type TestWorld } from '../testing/test-world.js';
import { addCharacter } from './add-character.js';
import { createCharacter } from './create-character.js';
import { deleteCharacter } from './delete-character.js';
import { removeCharacter } from './remove-character.js';
import { updateCharacter } from './update-character.js';

/** What a person may be told when others change the same room at the same moment. Anything else fails the test, a deadlock above all. */
const understandable = [
  'CONFLICT',
  'FORBIDDEN',
  'ROOM_NOT_FOUND',
  'ROOM_ARCHIVED',
  'USER_NOT_FOUND',
  'CHARACTER_NOT_FOUND',
  'LAST_OWNER',
  'INVITATION_DECLINED',
  'SESSION_REVOKED',
  'ACCOUNT_DISABLED',
  'INVALID_CREDENTIALS',
  // For a direct room with the caller themselves.
  'VALIDATION',
] as const;

/** Writes of every kind over the same few rooms, side by side, on three instances: PostgreSQL only, as PGlite has one connection. */
describe('everything at once (postgres)', () => {
  let world: TestWorld;
  beforeAll(async () => {
    world = await createTestWorld('postgres');
  });
  afterAll(() => world[Symbol.asyncDispose]());

  it('ends without a deadlock, revs and seqs gap-free, and every reader of the events with what a fresh fetch has', async () => {
    const { deps, owner } = world;
    const rooms: RoomView[] = [];
    for (let i = 0; i < 3; i++) rooms.push(await createRoom(deps, owner.actor, { name: `Room ${i}`, topic: '', visibility: 'public' }));
    const people: TestUser[] = [];
    for (let i = 0; i < 10; i++) people.push(await world.register(`person-${i}`));
    for (const { id } of rooms) {
      for (const [i, { user }] of people.entries()) {
        await world.access.run(owner.actor, id, 'rooms.addMember', (room) => addMember(deps, room, user.username));
        const role = i < 3 ? 'owner' : 'moderator';
        if (i < 6)
          await world.access.run(owner.actor, id, 'rooms.setRole', (room) => setRole(deps, room, { username: user.username, role }));
      }
    }
    const characters = await Promise.all(
      [0, 1, 2].map((i) =>
        createCharacter(deps, owner.actor, {
          handle: `sage-${i}`,
          name: `Sage ${i}`,
          tagline: '',
          systemPrompt: '',
          model: null,
          temperature: null,
          greeting: i === 0 ? 'Hello.' : '',
        }),
      ),
    );
    const instances = [new RoomAccess(deps), new RoomAccess(deps), new RoomAccess(deps)];
    const before = await Promise.all(rooms.map(fetchRoom));
    const position = await Promise.all(rooms.map(async ({ id }) => (await loadChanges(deps, id, 0, 10_000)).head));
    world.bus.clear();

    const tab = async (by: TestUser, n: number) => {
      const pick = random(n);
      const one = <T>(of: readonly T[]): T => of[Math.floor(pick() * of.length)]!;
      const access = instances[n % 3]!;
      for (let step = 0; step < 40; step++) {
        const [{ id }, other, character] = [one(rooms), one(people), one(characters).character];
        const acts: (() => Promise<unknown>)[] = [
          () => access.run(by.actor, id, 'rooms.join', (room) => joinRoom(deps, room)),
          () => access.run(by.actor, id, 'rooms.join', (room) => joinRoom(deps, room)),
          () => access.run(by.actor, id, 'rooms.leave', (room) => leaveRoom(deps, room)),
          () => access.run(by.actor, id, 'rooms.addMember', (room) => addMember(deps, room, other.user.username)),
          () => access.run(by.actor, id, 'rooms.acceptInvitation', (room) => acceptInvitation(deps, room)),
          () => access.run(by.actor, id, 'rooms.declineInvitation', (room) => declineInvitation(deps, room)),
          () => access.run(by.actor, id, 'rooms.removeMember', (room) => removeMember(deps, room, other.user.username)),
          () =>
            access.run(by.actor, id, 'rooms.setRole', (room) =>
              setRole(deps, room, { username: other.user.username, role: one(['owner', 'moderator', 'member']) }),
            ),
          () => access.run(by.actor, id, 'rooms.update', (room) => updateRoom(deps, room, { topic: `Topic ${step}` })),
          () => access.run(by.actor, id, 'rooms.archive', (room) => archiveRoom(deps, room, pick() < 0.2)),
          () => access.run(by.actor, id, 'rooms.setMute', (room) => setMute(deps, room, pick() < 0.5)),
          () => access.run(by.actor, id, 'rooms.markRead', (room) => markRead(deps, room, 1_000)),
          () =>
            access.run(by.actor, id, 'rooms.addCharacter', (room) =>
              addCharacter(deps, room, { characterId: character.id, autoReply: one(['mention', 'always']) }),
            ),
          () => access.run(by.actor, id, 'rooms.removeCharacter', (room) => removeCharacter(deps, room, character.id)),
          () => updateCharacter(deps, owner.actor, { characterId: character.id, name: `Sage ${n}.${step}` }),
          () => updateProfile(deps, by.actor, { displayName: `Called ${n}.${step}` }),
          () => updateProfile(deps, by.actor, { hue: Math.floor(pick() * 360) }),
          () => openDirectRoom(deps, by.actor, { username: other.user.username }),
          () => send(world, by, `said ${n}.${step}`, {}, id),
          () => send(world, by, `hello @${other.user.username}`, {}, id),
        ];
        await one(acts)().catch(unlessUnderstandable);
      }
    };
    const endings = async () => {
      await deleteCharacter(deps, owner.actor, characters[2]!.character.id);
      await changePassword(deps, people[9]!.actor, { currentPassword: people[9]!.password, newPassword: 'another good password' });
      await login(deps, { username: people[9]!.user.username, password: 'another good password' });
      await removeOwnAccount({ ...deps, rooms: instances[0]! }, people[8]!.actor, { password: people[8]!.password }).catch(
        unlessUnderstandable,
      );
    };
    await Promise.all([...people, ...people, owner].map(tab).concat(endings()));

    for (const [i, { id }] of rooms.entries()) {
      const told = toldIn(world, id).toSorted((a, b) => a.rev - b.rev);
      const { events: fed, head } = await loadChanges(deps, id, position[i]!.rev, 10_000);
      expect(told.map(({ rev }) => rev)).toEqual(Array.from({ length: head.rev - position[i]!.rev }, (_, n) => position[i]!.rev + 1 + n));
      const said = fed.flatMap((event) => (event.type === 'message' && event.message.seq > position[i]!.seq ? [event.message.seq] : []));
      expect(said.toSorted((a, b) => a - b)).toEqual(
        Array.from({ length: head.seq - position[i]!.seq }, (_, n) => position[i]!.seq + 1 + n),
      );
      // Each event of the feed equals the published event of its rev. Rows of those who left are skipped: their name may have changed
      // since, and no list shows it.
      const byRev = new Map(told.map((event) => [event.rev, event]));
      for (const event of fed) {
        if (event.type === 'member' && event.left) continue;
        if (event.type === 'character' && event.left) continue;
        expect(byRev.get(event.rev)).toEqual(event);
      }
      const reader = before[i]!;
      for (const event of told) apply(reader, event);
      const fresh = await fetchRoom({ id });
      expect(reader).toEqual(fresh);
      expect(fresh.room.memberCount).toBe(fresh.members.size);
    }
  });

  interface RoomState {
    room: RoomView;
    members: Map<string, unknown>;
    characters: Map<string, unknown>;
  }

  /** Reads the room through a newly registered person, because anyone else may have left it. */
  async function fetchRoom({ id }: { id: string }): Promise<RoomState> {
    const eye = await world.register(`eye-${Math.random().toString(36).slice(2)}`);
    // Reads as a member without becoming one: the statement asks for the row of a member, whoever that is.
    const [anyone] = await world.deps.db.$queryRaw<{ userId: string }[]>`
      select user_id as "userId" from room_members where room_id = ${id}::uuid and left_rev is null limit 1`;
    const access = new RoomAccess(world.deps);
    const room = await access.run(eye.actor, id, 'rooms.join', (target) => Promise.resolve(target));
    const details = await getRoom(world.deps, { ...room, actor: { ...eye.actor, userId: anyone!.userId } });
    return {
      room: details.room,
      members: new Map(details.members.map((member) => [member.user.id, member])),
      characters: new Map(details.characters.map((entry) => [entry.character.id, entry])),
    };
  }

  function apply(state: RoomState, event: DurableEvent): void {
    switch (event.type) {
      case 'message':
        return;
      case 'room':
        state.room = event.room;
        return;
      case 'member':
        if (event.left) state.members.delete(event.member.user.id);
        else state.members.set(event.member.user.id, event.member);
        return;
      case 'character':
        if (event.left) state.characters.delete(event.character.character.id);
        else state.characters.set(event.character.character.id, event.character);
    }
  }

  function unlessUnderstandable(error: unknown): void {
    expect(isRetryable(error), 'a deadlock').toBe(false);
    if (!understandable.some((code) => AppError.is(error, code))) throw error;
  }
});

/** A small repeatable generator (mulberry32, public domain, Tommy Ettinger), 0 ≤ x < 1. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}
