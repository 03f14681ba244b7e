import { randomUUID } from 'node:crypto';
import { AppError, type MessageView, type RoomEvent } from '@parley/contracts';
import { describe, expect, test } from 'vitest';
import { joinRoom } from '../members/join-room.js';
import { leaveRoom } from '../members/leave-room.js';
import { markRead } from '../members/mark-read.js';
import { createTestWorld, type TestUser } from '../testing/index.js';
import { loadChanges } from '../sync/load-changes.js';
import { authorize, eventsOn, head, send, sendIn } from './testing-messages.js';

function bySeq(a: MessageView, b: MessageView): number {
  return a.seq - b.seq;
}

/** What only a database that runs statements side by side can show. */
describe('concurrent writes', () => {
  test('the same send a hundred times at once: one row, one seq, one answer', async () => {
    await using world = await createTestWorld('postgres');
    const room = await authorize(world, world.owner);
    const input = { clientId: randomUUID(), content: '/ask only once?' };
    const answers = await Promise.all(Array.from({ length: 100 }, () => sendIn(world.deps, room, input)));
    for (const answer of answers) expect(answer).toEqual(answers[0]);
    expect(answers[0]).toMatchObject({ message: { seq: 1 }, replies: [{ seq: 2 }] });
    expect(await world.deps.db.message.count({ where: { roomId: world.room.id } })).toBe(2);
    expect(await world.deps.db.job.count()).toBe(1);
    const { head: after } = await loadChanges(world.deps, world.room.id, 0, 1000);
    expect(after).toMatchObject({ seq: 2, rev: answers[0]!.replies[0]!.rev });
    expect(eventsOn(world)).toHaveLength(2);
    expect(world.bus.enqueued).toHaveLength(1);
  });

  test('one clientId for a hundred texts at once: one is sent, the others are refused', async () => {
    await using world = await createTestWorld('postgres');
    const room = await authorize(world, world.owner);
    const clientId = randomUUID();
    const outcomes = await Promise.allSettled(
      Array.from({ length: 100 }, (_, n) => sendIn(world.deps, room, { clientId, content: `text ${n}` })),
    );
    const refused = outcomes.filter((outcome) => outcome.status === 'rejected');
    expect(refused).toHaveLength(99);
    for (const { reason } of refused) expect(reason).toMatchObject({ code: 'CLIENT_ID_REUSED' });
    expect(await head(world)).toMatchObject({ seq: 1 });
  });

  test('thirty writers while people come and go: seq has no gap, revs are distinct, no acknowledged message is lost or doubled', async () => {
    await using world = await createTestWorld('postgres');
    const { db } = world.deps;
    const writers: TestUser[] = [];
    for (let n = 0; n < 15; n++) writers.push(await world.registerMember(`writer${n}`));
    const visitors: TestUser[] = [];
    for (let n = 0; n < 4; n++) visitors.push(await world.register(`visitor${n}`));
    world.bus.clear();

    const acknowledged: MessageView[] = [];
    const refused: unknown[] = [];
    const unlessConflict = (error: unknown) => {
      if (AppError.is(error, 'CONFLICT')) refused.push(error);
      else throw error;
    };
    const write = async (by: TestUser, name: string) => {
      for (let n = 0; n < 8; n++) {
        const content = n % 4 === 3 ? `/ask ${name} ${n}` : `${name} ${n} for @tess`;
        const sent = await send(world, by, content).catch(unlessConflict);
        if (!sent) continue;
        acknowledged.push(sent.message, ...sent.replies);
        await world.access
          .run(by.actor, world.room.id, 'rooms.markRead', (room) => markRead(world.deps, room, sent.message.seq))
          .catch(unlessConflict);
      }
    };
    const comeAndGo = async (by: TestUser) => {
      for (let n = 0; n < 3; n++) {
        await world.access.run(by.actor, world.room.id, 'rooms.join', (room) => joinRoom(world.deps, room)).catch(unlessConflict);
        await send(world, by, `visit ${n}`).then(({ message }) => acknowledged.push(message), unlessConflict);
        await world.access.run(by.actor, world.room.id, 'rooms.leave', (room) => leaveRoom(world.deps, room)).catch(unlessConflict);
      }
    };
    // Each person has two writers, which both want the lock on the person's member row.
    await Promise.all([...writers.flatMap((by, n) => [write(by, `a${n}`), write(by, `b${n}`)]), ...visitors.map(comeAndGo)]);

    const { events, head: last, complete } = await loadChanges(world.deps, world.room.id, 0, 10_000);
    expect(complete).toBe(true);
    const revs = events.map(({ rev }) => rev);
    expect(revs).toEqual([...new Set(revs)].toSorted((a, b) => a - b));
    expect(revs.at(-1)).toBe(last.rev);
    const messages = events.flatMap((event) => (event.type === 'message' ? [event.message] : []));
    expect(messages.map(({ seq }) => seq).toSorted((a, b) => a - b)).toEqual(messages.map((_, index) => index + 1));
    expect(last.seq).toBe(messages.length);
    // Lines of those who came and went stand between the messages; no acknowledgement contains such a line.
    const sent = messages.filter(({ kind }) => kind !== 'system');
    expect(sent.toSorted(bySeq)).toEqual(acknowledged.toSorted(bySeq));
    expect(acknowledged.length).toBeGreaterThan(100);

    // Events that were told live, sorted by rev, equal the feed's wherever both have a rev.
    const told = new Map((eventsOn(world) as Extract<RoomEvent, { rev: number }>[]).map((event) => [event.rev, event]));
    const alsoTold = events.filter(({ rev }) => told.has(rev));
    expect(alsoTold.map(({ rev }) => told.get(rev))).toEqual(alsoTold);
    const members = await db.roomMember.count({ where: { roomId: world.room.id, leftRev: null } });
    expect(events.findLast((event) => event.type === 'room')).toMatchObject({ room: { memberCount: members } });
  });
});
