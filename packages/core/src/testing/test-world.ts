import type { AccountView, RoomView } from '@parley/contracts';
import type { DbHandle } from '@parley/db';
import { createTestDb } from '@parley/db/testing';
import type { CoreDeps } from '../deps.js';
import { AccessTokens } from '../sessions/access-tokens.js';
import type { Actor } from '../sessions/actor.js';
import { PasswordHasher } from '../sessions/password-hasher.js';
import type { SignedIn } from '../sessions/signed-in.js';
import { seedInstance } from '../characters/seed-instance.js';
import { createRoom } from '../rooms/create-room.js';
import { joinRoom } from '../members/join-room.js';
import { registerUser } from '../accounts/register-user.js';
import { RoomAccess } from '../access/room-access.js';
import { RecordingBus } from './recording-bus.js';

export interface TestUser extends SignedIn {
  actor: Actor;
  password: string;
  user: AccountView;
}

/** A seeded instance with its first account, `tess` (an admin), who owns a public room. */
export interface TestWorld extends AsyncDisposable {
  handle: DbHandle;
  deps: CoreDeps & { hasher: PasswordHasher; tokens: AccessTokens };
  bus: RecordingBus;
  access: RoomAccess;
  /** What was logged at warn and error, in order. */
  logged: { level: 'warn' | 'error'; fields: object; message: string }[];
  owner: TestUser;
  room: RoomView;
  /** Registers a person, who is then in the Lobby only. */
  register(username: string): Promise<TestUser>;
  /** Registers a person and joins them to {@link TestWorld.room}, or to another room. */
  registerMember(username: string, roomId?: string): Promise<TestUser>;
}

/** Makes a world with everything that a test of the domain needs, on a database of its own. Hashing is cheap in it. */
export async function createTestWorld(kind: 'pglite' | 'postgres' = 'pglite'): Promise<TestWorld> {
  const handle = await createTestDb(kind);
  const logged: TestWorld['logged'] = [];
  const bus = new RecordingBus();
  const deps: TestWorld['deps'] = {
    db: handle.db,
    bus,
    log: {
      info() {},
      warn: (fields, message) => void logged.push({ level: 'warn', fields, message }),
      error: (fields, message) => void logged.push({ level: 'error', fields, message }),
    },
    hasher: new PasswordHasher({ memoryKib: 8, passes: 1 }),
    tokens: new AccessTokens({ secret: 'a secret for tests, of at least 32 bytes' }),
  };
  const access = new RoomAccess(deps);

  async function register(username: string): Promise<TestUser> {
    const password = `password of ${username}`;
    const account = await registerUser(deps, { username, password }, { registration: 'open', firstIsAdmin: true });
    return { ...account, password, actor: await deps.tokens.verify(account.accessToken) };
  }

  try {
    await seedInstance(deps);
    const owner = await register('tess');
    const room = await createRoom(deps, owner.actor, { name: 'Workshop', topic: 'Where tests talk', visibility: 'public' });
    bus.clear();
    return {
      handle,
      deps,
      bus,
      access,
      logged,
      owner,
      room,
      register,
      async registerMember(username, roomId = room.id) {
        const member = await register(username);
        await access.run(member.actor, roomId, 'rooms.join', (target) => joinRoom(deps, target));
        return member;
      },
      [Symbol.asyncDispose]: () => handle.close(),
    };
  } catch (error) {
    await handle.close();
    throw error;
  }
}
