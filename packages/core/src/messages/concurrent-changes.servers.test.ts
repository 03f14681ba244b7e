import { AppError, type DurableEvent, type MessageView } from '@parley/contracts';
import { describe, expect, test } from 'vitest';
import { createTestWorld, type TestUser, type TestWorld } from '../testing/index.js';
import { loadChanges } from '../sync/load-changes.js';
import { edit, pin, react, remove } from './testing-changes.js';
import { eventsOn, head, send } from './testing-messages.js';

async function stored(world: TestWorld, messageId: string): Promise<MessageView> {
  const { events } = await loadChanges(world.deps, world.room.id, 0, 10_000);
  return events.flatMap((event) => (event.type === 'message' && event.message.id === messageId ? [event.message] : []))[0]!;
}

/** Expects that every rev since `since` was told once, and that the last event of each message equals its row. */
async function expectToldOnce(world: TestWorld, since: number): Promise<void> {
  const told = (eventsOn(world) as DurableEvent[]).toSorted((a, b) => a.rev - b.rev);
  const { rev } = await head(world);
  expect(told.map((event) => event.rev)).toEqual(Array.from({ length: rev - since }, (_, n) => since + 1 + n));
  const last = new Map(told.flatMap((event) => (event.type === 'message' ? [[event.message.id, event.message] as const] : [])));
  for (const [id, message] of last) expect(await stored(world, id)).toEqual(message);
}

/** What only a database that runs statements side by side can show. */
describe('changes of messages, concurrently', () => {
  test('a dozen people react to one message at once, on and off, while it is edited and pinned: nobody’s reaction is lost', async () => {
    await using world = await createTestWorld('postgres');
    const people: TestUser[] = [];
    for (let n = 0; n < 12; n++) people.push(await world.registerMember(`person${n}`));
    const { message } = await send(world, world.owner, 'what do you think?');
    const since = (await head(world)).rev;
    world.bus.clear();
    await Promise.all([
      ...people.map(async (by, n) => {
        await react(world, by, message.id, '👍');
        await react(world, by, message.id, '☕');
        if (n % 3 === 0) await react(world, by, message.id, '👍', false);
      }),
      ...people.map((by) => react(world, by, message.id, '☕')),
      (async () => {
        for (let n = 0; n < 6; n++) await edit(world, world.owner, message.id, `what do you think, ${n}?`);
      })(),
      (async () => {
        for (let n = 0; n < 6; n++) await pin(world, world.owner, message.id, n % 2 === 0);
      })(),
    ]);
    const after = await stored(world, message.id);
    expect(after).toMatchObject({ content: 'what do you think, 5?', pinnedAt: null });
    const byEmoji = new Map(after.reactions.map(({ emoji, userIds, count }) => [emoji, { ids: userIds.toSorted(), count }]));
    const ids = (chosen: TestUser[]) => ({ ids: chosen.map(({ user }) => user.id).toSorted(), count: chosen.length });
    expect(byEmoji.get('☕')).toEqual(ids(people));
    expect(byEmoji.get('👍')).toEqual(ids(people.filter((_, n) => n % 3 !== 0)));
    await expectToldOnce(world, since);
  });

  test('edits racing edits and deletion: whom the message mentions and whom it counts for are the same', async () => {
    await using world = await createTestWorld('postgres');
    const people: TestUser[] = [];
    for (let n = 0; n < 6; n++) people.push(await world.registerMember(`person${n}`));
    for (let round = 0; round < 12; round++) {
      const { message } = await send(world, world.owner, 'hello');
      const since = (await head(world)).rev;
      world.bus.clear();
      const calls = people.map((person, n) =>
        edit(world, world.owner, message.id, `@${person.user.username} and @person${(n + round) % 6}`),
      );
      if (round % 2 === 1) calls.push(remove(world, world.owner, message.id));
      const outcomes = await Promise.allSettled(calls);
      for (const outcome of outcomes) {
        if (outcome.status === 'rejected') expect(outcome.reason).toSatisfy((error) => AppError.is(error, 'MESSAGE_DELETED'));
      }
      const { mentions, deletedAt } = await stored(world, message.id);
      expect(deletedAt !== null).toBe(round % 2 === 1);
      const counted = await world.deps.db.roomMention.findMany({ where: { messageId: message.id } });
      expect(counted.map(({ userId }) => userId).toSorted()).toEqual(mentions.toSorted());
      await expectToldOnce(world, since);
    }
  });
});
