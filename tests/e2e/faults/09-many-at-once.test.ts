import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { callFailure } from '@parley/client/trpc';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { connect } from '../harness/person.js';
import { talker } from './harness/people.js';
import { startScene } from './harness/scene.js';
import { startWorld, type World } from './harness/world.js';

let world: World;

beforeAll(async () => {
  world = await startWorld({ name: '09 many at once', apis: 3, workers: 1, variables: { PASSWORD_HASH_CONCURRENCY: '4' } });
});
afterEach(() => world?.restore());
afterAll(() => world?.[Symbol.asyncDispose]());

test('the same send 100 times at once, on three APIs, is one row with one seq and one answer for all', async () => {
  await using scene = await startScene(world, { name: 'repeat', urls: world.apis.map(({ url }) => url) });
  const { roomId, history } = scene;
  const [person] = scene.people;
  const accessToken = person!.client.auth.accessToken()!;
  const ways = world.apis.map(({ url }) => connect(url, { id: person!.id, username: person!.name, accessToken, refreshToken: '' }));
  for (const content of ['just this once', '@ada and once with a call']) {
    const clientId = randomUUID();
    const send = history.sent({ clientId, userId: person!.id, roomId, content });
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, i) => {
        const way = ways[i % ways.length]!;
        return (i % 2 === 0 ? way.http : way.socket).messages.send.mutate({ roomId, clientId, content });
      }),
    );
    const told = answers.map(({ message, replies }) => ({
      id: message!.id,
      seq: message!.seq,
      rev: message!.rev,
      replies: replies.map(({ id, seq }) => ({ id, seq })),
    }));
    for (const each of told) expect(each).toEqual(told[0]);
    send.acknowledged = { messageId: told[0]!.id, seq: told[0]!.seq };
    const rows = await world.database.db.$queryRawUnsafe<{ id: string }[]>(
      'select id::text from messages where client_id = $1::uuid',
      clientId,
    );
    expect(rows).toEqual([{ id: told[0]!.id }]);
    // The clientId is used up: another text under it is refused, because it would be taken for a repeat and lost.
    await expect(ways[0]!.http.messages.send.mutate({ roomId, clientId, content: 'something else' })).rejects.toMatchObject({
      data: { appCode: 'CLIENT_ID_REUSED' },
    });
  }
  const truth = await scene.settle();
  expect(truth.messages.flatMap(({ kind }) => (kind === 'system' ? [] : [kind]))).toEqual(['text', 'text', 'reply']);
  await Promise.all(ways.map((way) => way[Symbol.asyncDispose]()));
});

const writers = 50;
const messagesEach = 5;

/** A call that was refused because the room changed at the same moment is made again, as its error says. */
async function again<T>(call: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await call();
    } catch (error) {
      if (callFailure(error).code !== 'CONFLICT' || tries === 10) throw error;
    }
  }
}

test('50 writers in one room on three APIs, with edits, reactions and members coming and going: no deadlock, seq gap-free, every reader the same', async () => {
  await using scene = await startScene(world, { name: 'many', urls: world.apis.map(({ url }) => url), hasty: false });
  const { roomId, history, people } = scene;
  const { chance } = world;
  const crowd = await Promise.all(
    Array.from({ length: writers }, (_, i) => talker(`writer-${i + 1}`, { url: world.apis[i % 3]!.url, history, chance, hasty: false })),
  );
  const written: string[] = [];
  /** Reactions that were set and not taken back: message, emoji, person. */
  const standing = new Set<string>();
  const changes = { edits: 0, reactions: 0, deletions: 0, comings: 0 };
  const writing = crowd.map(async ({ id, client: { trpc }, say }, i) => {
    await again(() => trpc.rooms.join.mutate({ roomId }));
    for (let n = 0; n < messagesEach; n++) {
      // Every tenth writer calls Ada, so that replies write into the same room.
      const sent = await say(roomId, n === 2 && i % 10 === 0 ? `@ada from writer ${i}` : `message ${n} of writer ${i}`);
      expect(sent).toMatchObject({ refused: null });
      const { messageId } = sent.acknowledged!;
      // A message that will be deleted gets no reactions.
      const doomed = n === 3 && i % 4 === 0;
      if (!doomed) written.push(messageId);
      // React several times at once on one row, and everyone on the same few rows.
      const [first] = written;
      const reaction = {
        messageId: chance.random() < 0.5 ? first! : chance.pick(written),
        emoji: chance.pick(['👍', '🎉', '🚢']),
        on: chance.random() < 0.7,
      };
      const [edited, reacted] = await Promise.all([
        n === 1 ? again(() => trpc.messages.edit.mutate({ messageId, content: `edited ${n} of writer ${i}` })) : null,
        again(() => trpc.messages.react.mutate(reaction)),
        again(() => trpc.messages.react.mutate({ messageId, emoji: '👀', on: true })),
      ]);
      if (edited) changes.edits++;
      if (reacted) changes.reactions += 2;
      // Only this person changes their own reactions, so the last call decides.
      for (const { messageId: to, emoji, on } of [reaction, { messageId, emoji: '👀', on: true }]) {
        const key = `${to} ${emoji} ${id}`;
        if (on) standing.add(key);
        else standing.delete(key);
      }
      if (doomed) {
        await again(() => trpc.messages.delete.mutate({ messageId }));
        standing.delete(`${messageId} 👀 ${id}`);
        changes.deletions++;
      }
      // Every fifth writer leaves and comes back in between.
      if (i % 5 === 0 && n % 2 === 1) {
        await again(() => trpc.rooms.leave.mutate({ roomId }));
        await again(() => trpc.rooms.join.mutate({ roomId }));
        changes.comings++;
      }
    }
  });
  // Meanwhile the owner gives a role and takes it away, and sends someone out and back in.
  const guest = people[2]!;
  let isWriting = true;
  const managing = (async () => {
    const { trpc } = people[0]!.client;
    const input = { roomId, username: people[1]!.name };
    const steps = [
      () => trpc.rooms.setRole.mutate({ ...input, role: 'moderator' }),
      () => trpc.rooms.removeMember.mutate({ roomId, username: guest.name }),
      () => trpc.rooms.setRole.mutate({ ...input, role: 'member' }),
      () => trpc.rooms.addMember.mutate({ roomId, username: guest.name }),
    ];
    for (let step = 0; isWriting || step % steps.length !== 0; step++) {
      await again<unknown>(steps[step % steps.length]!);
      changes.comings++;
      await delay(chance.between(20, 60));
    }
  })();
  await Promise.all(writing);
  isWriting = false;
  await managing;

  // At the end all of them react to one row at the same moment, through every connection that the APIs have.
  const [first] = written;
  const emojis = ['👍', '🎉', '🚢', '🌊'];
  await Promise.all(
    crowd.flatMap(({ client: { trpc } }) =>
      emojis.map((emoji) => again(() => trpc.messages.react.mutate({ messageId: first!, emoji, on: true }))),
    ),
  );
  for (const { id } of crowd) for (const emoji of emojis) standing.add(`${first} ${emoji} ${id}`);

  // The guest who was sent out reads no further; everyone else has everything.
  const stayed = scene.readers.filter(({ name }) => !name.startsWith(guest.name));
  const truth = await scene.settle({ readers: stayed });
  expect(truth.messages.filter(({ kind }) => kind === 'text')).toHaveLength(writers * messagesEach);
  expect(truth.messages.filter(({ kind }) => kind === 'reply')).toHaveLength(writers / 10);
  expect(truth.fresh.members).toHaveLength(writers + people.length);
  const shown = truth.fresh.messages.flatMap((message) =>
    message.reactions.flatMap(({ emoji, userIds }) => userIds.map((userId) => `${message.id} ${emoji} ${userId}`)),
  );
  expect(shown.sort()).toEqual([...standing].sort());
  expect(changes).toMatchObject({ edits: writers, deletions: Math.ceil(writers / 4) });
  expect(changes.comings).toBeGreaterThan(writers / 5);
  for (const { running } of [...world.apis, ...world.workers]) expect(running.output()).not.toMatch(/deadlock/i);
  await Promise.all(crowd.map((each) => each[Symbol.asyncDispose]()));
});
