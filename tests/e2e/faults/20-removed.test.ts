import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { connect, register, type Person } from '../harness/person.js';
import { surfaces } from './harness/other-readers.js';
import type { Reader } from './harness/reader.js';
import { startScene, type Scene } from './harness/scene.js';
import { until } from './harness/settle.js';
import { repliesOf } from './harness/truth.js';
import { startWorld, type World } from './harness/world.js';

let world: World;
let admin: Person;

beforeAll(async () => {
  // Sweeps so rare that none comes while a test lasts: only the bus can bring the news. The third API has a quick one, for news that the
  // bus loses.
  const never = '7200000';
  world = await startWorld({
    name: '20 removed',
    apis: 2,
    workers: 1,
    links: true,
    variables: { SESSION_SWEEP_MS: never, HEAD_SWEEP_MS: never },
  });
  await world.startApi({ SESSION_SWEEP_MS: '300', HEAD_SWEEP_MS: '300' });
  // The first account is the admin.
  admin = await register(world.apis[0]!.url, 'admin');
});
afterEach(() => world?.restore());
afterAll(async () => {
  await admin?.[Symbol.asyncDispose]();
  await world?.[Symbol.asyncDispose]();
});

interface Presence {
  victim: Person[];
  readings: ReturnType<Person['read']>[];
  /** What else reads for them, and comes back wherever it is let in. */
  others: Reader[];
}

/** The second person of the scene, reading on every instance. */
async function everywhere({ people, roomId }: Scene): Promise<Presence> {
  const [, person] = people;
  const account = { id: person!.id, username: person!.name, accessToken: person!.client.auth.accessToken()!, refreshToken: '' };
  const victim = world.apis.map(({ url }) => connect(url, account));
  const readings = victim.map((each) => each.read(roomId));
  const others = world.apis.flatMap(({ url }) => surfaces.map((surface) => person!.readBy(surface, roomId, url)));
  await Promise.all(readings.map(({ events }) => events.until((items) => items.length > 0)));
  await until('they read everywhere', () => others.every((reader) => reader.connections() > 0));
  // The server checks the sessions of new sockets once more, a tenth of a second after they come. From then on only the bus is quick.
  await delay(500);
  return { victim, readings, others };
}

/** Expects, after the end, that nothing said from now on arrives, and that nothing the person writes is stored. */
async function expectOut({ people, roomId, history }: Scene, { victim, readings, others }: Presence, codes: RegExp): Promise<void> {
  const had = readings.map(({ events }) => events.items.length);
  for (let n = 0; n < 5; n++) await people[0]!.say(roomId, `after the end ${n}`);
  for (const each of victim) {
    // A socket that is closed for good would keep the call for a connection that never comes.
    const ways = each.closes.items.includes(4500) ? [each.http] : [each.http, each.socket];
    for (const way of ways) {
      const failure = await way.messages.send.mutate({ roomId, clientId: randomUUID(), content: 'still here' }).then(
        () => null,
        (error: { data?: { appCode?: string } }) => error.data?.appCode,
      );
      expect(failure).toMatch(codes);
    }
  }
  const [row] = await world.database.db.$queryRawUnsafe<{ count: number }[]>(
    `select count(*)::int as count from messages where room_id = $1::uuid and content = 'still here'`,
    roomId,
  );
  expect(row!.count).toBe(0);
  expect(readings.map(({ events }) => events.items.length)).toEqual(had);
  for (const reader of others)
    expect([reader.name, [...reader.messages()].filter(({ content }) => content.startsWith('after the end'))]).toEqual([reader.name, []]);
  expect(history.sends.length).toBeGreaterThan(0);
}

test('one who was removed from the room reads and writes nothing more, on any instance, before a sweep would find it', async () => {
  await using scene = await startScene(world, { name: 'left', urls: [world.apis[0]!.url, world.apis[0]!.url] });
  const presence = await everywhere(scene);
  // Writes that race the removal: whatever commits, commits before it.
  const racing = presence.victim.flatMap(({ http }) =>
    Array.from({ length: 10 }, (_, n) =>
      http.messages.send.mutate({ roomId: scene.roomId, clientId: randomUUID(), content: `racing ${n}` }).catch(() => null),
    ),
  );
  await scene.people[0]!.client.trpc.rooms.removeMember.mutate({ roomId: scene.roomId, username: scene.people[1]!.name });
  await Promise.all(presence.readings.map(({ errors }) => errors.until((items) => items.length > 0)));
  for (const { errors } of presence.readings) expect(errors.items[0]).toMatchObject({ data: { appCode: 'ROOM_NOT_FOUND' } });
  await Promise.all(racing);
  const late = await world.database.db.$queryRawUnsafe<{ rev: number }[]>(
    `select m.rev from messages m join room_members r on r.room_id = m.room_id and r.user_id = m.author_id
     where m.room_id = $1::uuid and m.rev > r.left_rev`,
    scene.roomId,
  );
  expect(late).toEqual([]);
  await expectOut(scene, presence, /^(FORBIDDEN|ROOM_NOT_FOUND)$/);
  await Promise.all(presence.victim.map((each) => each[Symbol.asyncDispose]()));
});

test('a session that ended by logout reads and writes nothing more, on any instance, before a sweep would find it', async () => {
  await using scene = await startScene(world, { name: 'logout', urls: [world.apis[0]!.url, world.apis[0]!.url] });
  const presence = await everywhere(scene);
  await presence.victim[0]!.http.auth.logout.mutate({});
  await Promise.all(presence.victim.map(({ closes }) => closes.until((codes) => codes.includes(4500))));
  await expectOut(scene, presence, /^(SESSION_REVOKED|UNAUTHENTICATED)$/);
  await Promise.all(presence.victim.map((each) => each[Symbol.asyncDispose]()));
});

test('an account that an admin disables reads and writes nothing more, on any instance, before a sweep would find it', async () => {
  await using scene = await startScene(world, { name: 'disabled', urls: [world.apis[0]!.url, world.apis[0]!.url] });
  const presence = await everywhere(scene);
  await expect(scene.people[0]!.client.trpc.users.disable.mutate({ username: scene.people[1]!.name })).rejects.toMatchObject({
    data: { appCode: 'FORBIDDEN' },
  });
  await admin.http.users.disable.mutate({ username: scene.people[1]!.name });
  await Promise.all(presence.victim.map(({ closes }) => closes.until((codes) => codes.includes(4500))));
  await expectOut(scene, presence, /^(ACCOUNT_DISABLED|SESSION_REVOKED)$/);
  await Promise.all(presence.victim.map((each) => each[Symbol.asyncDispose]()));
});

interface OldRight {
  /** What the owner does while the other instance hears nothing. */
  end: 'removed' | 'demoted' | 'archived';
  /** A write that the person had the right to until then, in a room where `guest` is a member and `outsider` is not. */
  write(http: Person['http'], ids: { roomId: string; messageId: string; replyId: string }): Promise<unknown>;
}

/** Each instance decides by the membership that it remembers; only the guard in the write's statement knows better. */
const oldRights: Record<string, OldRight> = {
  'send, removed': {
    end: 'removed',
    write: (http, { roomId }) => http.messages.send.mutate({ roomId, clientId: randomUUID(), content: 'x' }),
  },
  'edit, removed': { end: 'removed', write: (http, { messageId }) => http.messages.edit.mutate({ messageId, content: 'x' }) },
  'delete, removed': { end: 'removed', write: (http, { messageId }) => http.messages.delete.mutate({ messageId }) },
  'react, removed': { end: 'removed', write: (http, { messageId }) => http.messages.react.mutate({ messageId, emoji: '👍', on: true }) },
  'regenerate, removed': { end: 'removed', write: (http, { replyId }) => http.replies.regenerate.mutate({ messageId: replyId }) },
  'pin, demoted': { end: 'demoted', write: (http, { messageId }) => http.messages.pin.mutate({ messageId, on: true }) },
  'rename the room, demoted': { end: 'demoted', write: (http, { roomId }) => http.rooms.update.mutate({ roomId, name: 'x' }) },
  'archive, demoted': { end: 'demoted', write: (http, { roomId }) => http.rooms.archive.mutate({ roomId }) },
  'bring someone, removed': { end: 'removed', write: (http, { roomId }) => http.rooms.addMember.mutate({ roomId, username: 'outsider' }) },
  'remove someone, demoted': {
    end: 'demoted',
    write: (http, { roomId }) => http.rooms.removeMember.mutate({ roomId, username: 'guest' }),
  },
  'raise someone, demoted': {
    end: 'demoted',
    write: (http, { roomId }) => http.rooms.setRole.mutate({ roomId, username: 'guest', role: 'moderator' }),
  },
  'send, archived': {
    end: 'archived',
    write: (http, { roomId }) => http.messages.send.mutate({ roomId, clientId: randomUUID(), content: 'x' }),
  },
  'edit, archived': { end: 'archived', write: (http, { messageId }) => http.messages.edit.mutate({ messageId, content: 'x' }) },
};

test('an instance that heard nothing of a change of rights still lets no write through that goes by the old ones', async () => {
  const [here, deaf] = world.apis;
  await using owner = await register(here!.url, 'rights-owner');
  for (const name of ['guest', 'outsider']) await (await register(here!.url, name))[Symbol.asyncDispose]();
  world.model.script(() => ({ steps: ['An answer.'] }));
  const cases = await Promise.all(
    Object.entries(oldRights).map(async ([name, right], n) => {
      const person = await register(deaf!.url, `rights-${n}`);
      const { id: roomId } = await owner.http.rooms.create.mutate({ name });
      await owner.http.rooms.addMember.mutate({ roomId, username: 'guest' });
      await owner.http.rooms.addMember.mutate({ roomId, username: person.username });
      await owner.http.rooms.setRole.mutate({ roomId, username: person.username, role: 'owner' });
      const { replies } = await person.http.messages.send.mutate({ roomId, clientId: randomUUID(), content: '/ask anything' });
      // From here on the instance remembers them as an owner, and has no reason to look again.
      const { message } = await person.http.messages.send.mutate({ roomId, clientId: randomUUID(), content: 'said in time' });
      await until('the reply has ended', async () => (await repliesOf(world.database, roomId))[0]!.status === 'complete');
      return { name, right, person, ids: { roomId, messageId: message!.id, replyId: replies[0]!.id } };
    }),
  );
  const state = () => world.database.db.$queryRawUnsafe('select * from room_counters order by room_id');
  deaf!.links.nats.refuse();
  try {
    for (const { right, person, ids } of cases) {
      const { roomId } = ids;
      const { username } = person;
      if (right.end === 'archived') await owner.http.rooms.archive.mutate({ roomId });
      else await owner.http.rooms.setRole.mutate({ roomId, username, role: 'member' });
      if (right.end === 'removed') await owner.http.rooms.removeMember.mutate({ roomId, username });
    }
    const before = await state();
    const answers: [string, string | undefined][] = [];
    for (const { name, right, person, ids } of cases) {
      const code = await right.write(person.http, ids).then(
        () => 'done',
        (error: { data?: { appCode?: string } }) => error.data?.appCode,
      );
      answers.push([name, code]);
    }
    const refusals = { removed: 'FORBIDDEN', demoted: 'FORBIDDEN', archived: 'ROOM_ARCHIVED' };
    expect(answers).toEqual(cases.map(({ name, right }) => [name, refusals[right.end]]));
    expect(await state()).toEqual(before);
  } finally {
    deaf!.links.nats.restore();
    for (const { person } of cases) await person[Symbol.asyncDispose]();
  }
});

interface LostNews {
  name: string;
  end(scene: Scene, presence: Presence): Promise<unknown>;
  /** Whether the third instance, which hears nothing, has noticed. */
  isOver(presence: Presence): boolean;
  /** The code with which that instance refuses a call from then on. */
  refusal: string;
}

const lostNews: LostNews[] = [
  {
    name: 'lost-left',
    end: ({ people, roomId }) => people[1]!.client.trpc.rooms.leave.mutate({ roomId }),
    isOver: ({ readings }) => readings[2]!.errors.items.length > 0,
    refusal: 'FORBIDDEN',
  },
  {
    name: 'lost-logout',
    end: (_scene, { victim }) => victim[0]!.http.auth.logout.mutate({}),
    isOver: ({ victim }) => victim[2]!.closes.items.includes(4500),
    refusal: 'SESSION_REVOKED',
  },
  {
    // The account is disabled by hand, without ending its sessions, so the bus carries no news at all.
    name: 'lost-disabled',
    end: ({ people }) => world.database.db.$executeRawUnsafe('update users set disabled_at = now() where id = $1::uuid', people[1]!.id),
    isOver: ({ victim }) => victim[2]!.closes.items.includes(4500),
    refusal: 'ACCOUNT_DISABLED',
  },
];

test.each(lostNews)(
  'where the bus loses the news, the next sweep ends it, and what was remembered is soon too old ($name)',
  async (lost) => {
    const [here, , there] = world.apis;
    await using scene = await startScene(world, { name: lost.name, urls: [here!.url, here!.url] });
    const presence = await everywhere(scene);
    const { http } = presence.victim[2]!;
    const call = () =>
      http.rooms.get.query({ roomId: scene.roomId }).then(
        () => 'answered',
        (error: { data?: { appCode?: string } }) => error.data?.appCode,
      );
    expect([lost.isOver(presence), await call()]).toEqual([false, 'answered']);
    there!.links.nats.refuse();
    await lost.end(scene, presence);
    await until('it is over on the instance that heard nothing', () => lost.isOver(presence));
    await until(`its calls are answered by ${lost.refusal}`, async () => (await call()) === lost.refusal);
    there!.links.nats.restore();
    await until('it is back on the bus', () => there!.links.nats.open > 0);
    await Promise.all(presence.victim.map((each) => each[Symbol.asyncDispose]()));
  },
);
