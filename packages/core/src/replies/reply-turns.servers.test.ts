import { expect, test } from 'vitest';
import { createRoom } from '../rooms/create-room.js';
import { joinRoom } from '../members/join-room.js';
import { createTestWorld } from '../testing/index.js';
import { send } from '../messages/testing-messages.js';
import { replyTurnsSuite } from './reply-turns.contract.js';
import { complete, sweepReplies } from './testing-replies.js';
import { replyJobs } from './reply-sink.js';

replyTurnsSuite('postgres');

test('however many workers claim at once, no room and no person has more under way than its bound', async () => {
  await using world = await createTestWorld('postgres');
  const rooms = await Promise.all(
    ['One', 'Two', 'Three'].map((name) => createRoom(world.deps, world.owner.actor, { name, topic: '', visibility: 'public' })),
  );
  const people = await Promise.all(
    ['ben', 'cat', 'dan'].map(async (name) => {
      const person = await world.registerMember(name, rooms[0]!.id);
      for (const room of rooms.slice(1)) await world.access.run(person.actor, room.id, 'rooms.join', (r) => joinRoom(world.deps, r));
      return person;
    }),
  );
  const ids: string[] = [];
  for (let n = 0; n < 4; n++) {
    for (const person of people) {
      for (const room of rooms) ids.push((await send(world, person, '/ask why?', {}, room.id)).replies[0]!.id);
    }
  }
  const worker = (k: number) => ({ id: `worker-${k}`, leaseMs: 60_000, maxPerRoom: 2, maxPerPerson: 3 });
  let left = ids.length;
  while (left > 0) {
    const claims = (
      await Promise.all([
        ...Array.from({ length: 6 }, (_, k) => sweepReplies(world.deps, worker(k), { limit: 10 })),
        ...ids.slice(0, 12).map((id, k) => replyJobs.claimNext(world.deps, id, worker(k)).then((claim) => (claim ? [claim] : []))),
      ])
    ).flat();
    const running = await world.deps.db.job.findMany({ where: { state: 'streaming' } });
    expect(running.map(({ id }) => id).toSorted()).toEqual(claims.map(({ id }) => id).toSorted());
    const counts = (key: 'roomId' | 'askedBy') => running.map((job) => running.filter((other) => other[key] === job[key]).length);
    expect(Math.max(...counts('roomId'))).toBeLessThanOrEqual(2);
    expect(Math.max(...counts('askedBy'))).toBeLessThanOrEqual(3);
    expect(claims.length).toBeGreaterThan(0);
    await Promise.all(claims.map((claim) => replyJobs.end(world.deps, claim, complete)));
    left -= claims.length;
  }
});
