import type { MessageView } from '@parley/contracts';
import { describe, expect, test } from 'vitest';
import { deleteMessage } from '../messages/delete-message.js';
import { editMessage } from '../messages/edit-message.js';
import { hideFromAi } from '../messages/hide-from-ai.js';
import { eventsOn, head, send } from '../messages/testing-messages.js';
import { loadChanges } from '../sync/load-changes.js';
import { createTestWorld, placeCharacter, type TestWorld } from '../testing/index.js';
import { ambientJobs, type AmbientTask } from './ambient-sink.js';
import { pauseAi } from './pause-ai.js';
import { regenerateReply } from './regenerate-reply.js';
import { replyJobs } from './reply-sink.js';
import { complete, sweepReplies, worker } from './testing-replies.js';

const authors = (replies: readonly MessageView[]) => replies.map(({ author, reply }) => `${author.handle} ${reply?.trigger.kind}`);

/** Ends all replies that wait. */
async function answer(world: TestWorld): Promise<void> {
  for (const claim of await sweepReplies(world.deps, worker, { limit: 20 })) await replyJobs.end(world.deps, claim, complete);
}

/** Questions to characters that wait, with the seconds until they are asked. */
async function considered(world: TestWorld) {
  return await world.deps.db.$queryRaw<{ id: string; handle: string; seconds: number; paidBy: string | null }[]>`
    select j.id, c.handle, round(extract(epoch from j.available_at - now()))::int as seconds, j.paid_by as "paidBy"
    from jobs j join characters c on c.id = j.character_id where j.kind = 'ambient' and j.state = 'queued' order by j.id`;
}

/** Asks the next character, as if the time had come. */
async function ask(world: TestWorld): Promise<AmbientTask | null> {
  await world.deps.db.$executeRaw`update jobs set available_at = now() where kind = 'ambient'`;
  return await ambientJobs.sweep(world.deps, worker);
}

export function whoSpeaksSuite(kind: 'pglite' | 'postgres'): void {
  describe('characters that answer in turn', () => {
    test('answer one after the other what names no character, and who has said nothing for the longest time is next', async () => {
      await using world = await createTestWorld(kind);
      for (const handle of ['lin', 'mo', 'sol']) await placeCharacter(world.deps, world.room.id, { handle, autoReply: 'turn' });
      const said: string[] = [];
      const say = async (text: string) => said.push(...authors((await send(world, world.owner, text)).replies));
      await say('Good morning.');
      await say('Nobody waits for an answer.');
      await answer(world);
      await say('@mo what do you think?');
      await say('And now?');
      await say('/ask and Ada?');
      await say('@ada and you?');
      await say('Still there?');
      expect(said).toEqual(['lin turn', 'mo turn', 'mo mention', 'sol turn', 'ada ask', 'ada mention', 'lin turn']);
    });

    test('answer messages that come at once one each', async () => {
      await using world = await createTestWorld(kind);
      for (const handle of ['lin', 'mo', 'sol']) await placeCharacter(world.deps, world.room.id, { handle, autoReply: 'turn' });
      const people = [world.owner, await world.registerMember('ben'), await world.registerMember('cy')];
      for (let round = 0; round < 5; round++) {
        const sent = await Promise.all(people.map((person) => send(world, person, 'Good morning.')));
        expect(sent.flatMap(({ replies }) => authors(replies)).toSorted()).toEqual(['lin turn', 'mo turn', 'sol turn']);
      }
    });

    test('beside one that always answers, and what one says of another calls only whom it names', async () => {
      await using world = await createTestWorld(kind);
      await placeCharacter(world.deps, world.room.id, { handle: 'lin', autoReply: 'turn' });
      await placeCharacter(world.deps, world.room.id, { handle: 'echo', autoReply: 'always' });
      expect(authors((await send(world, world.owner, 'Hello.')).replies)).toEqual(['lin turn', 'echo always']);
      expect(authors((await send(world, world.owner, '@echo hello.')).replies)).toEqual(['echo mention']);
    });
  });

  describe('a character that speaks when it has something to say', () => {
    test('is asked by a job of its own where the rule finds a cause, at the cost of whoever set that; a question is left to others first', async () => {
      await using world = await createTestWorld(kind);
      const member = await world.registerMember('ben');
      await placeCharacter(world.deps, world.room.id, { handle: 'vera', tagline: 'Minds contracts', autoReply: 'ambient' });
      const before = await head(world);
      await send(world, member, 'Good morning.');
      await send(world, member, '@ada what would Vera say?');
      expect(await considered(world)).toEqual([]);
      const { replies } = await send(world, member, 'Who has seen the pump?');
      expect(replies).toEqual([]);
      expect(await considered(world)).toMatchObject([{ handle: 'vera', seconds: 20, paidBy: world.owner.user.id }]);
      // It waits already, and will know this too.
      await send(world, member, 'And who has the key?');
      expect(await considered(world)).toHaveLength(1);
      // Somebody may answer the question, and then that job asks nothing. What it is about is no matter of that.
      for (const text of ['The contract is signed.', 'What a contract.', 'Who has read the contract?']) await send(world, member, text);
      expect((await considered(world)).map(({ seconds }) => seconds <= 0)).toEqual([false, true]);
      await world.deps.db.$executeRaw`delete from jobs where kind = 'ambient'`;
      await send(world, member, 'The contract is signed.');
      expect((await considered(world)).map(({ seconds }) => seconds <= 0)).toEqual([true]);
      // Nobody in the room is told of the question.
      expect((await loadChanges(world.deps, world.room.id, before.rev, 50)).events.filter(({ type }) => type !== 'message')).toEqual([]);
    });

    test('speaks when it says so, as an answer to that message, and says nothing otherwise', async () => {
      await using world = await createTestWorld(kind);
      const member = await world.registerMember('ben');
      const linId = await placeCharacter(world.deps, world.room.id, { handle: 'lin', autoReply: 'ambient' });
      const { message } = await send(world, member, 'Lin would know.');
      const silent = (await ask(world))!;
      expect(silent).toMatchObject({
        cause: 'name',
        character: { handle: 'lin' },
        paidBy: world.owner.user.id,
        message: { seq: message.seq + 1 },
      });
      const before = await head(world);
      await ambientJobs.end(world.deps, silent, { speaks: false, usage: null });
      expect(await head(world)).toEqual(before);

      await send(world, member, 'Lin?');
      const speaking = (await ask(world))!;
      world.bus.clear();
      const reply = (await ambientJobs.end(world.deps, speaking, { speaks: true, usage: null }))!;
      expect(reply).toMatchObject({
        kind: 'reply',
        status: 'queued',
        replyTo: speaking.request.trigger.messageId,
        author: { type: 'character', id: linId },
        reply: { askedBy: member.user.id, trigger: { kind: 'ambient' } },
      });
      expect(eventsOn(world)).toEqual([{ type: 'message', rev: reply.rev, message: reply }]);
      expect((await loadChanges(world.deps, world.room.id, reply.rev - 1, 10)).events).toEqual(eventsOn(world));
      expect(world.bus.enqueued).toEqual([reply.id]);
      expect(await replyJobs.claim(world.deps, reply.id, worker)).toMatchObject({
        paidBy: world.owner.user.id,
        request: { question: 'Lin?', callsLeft: 9, trigger: { kind: 'ambient' } },
      });
    });

    test('answers what the message says by then, however far it stands behind it, and its job keeps no text', async () => {
      await using world = await createTestWorld(kind);
      const member = await world.registerMember('ben');
      await placeCharacter(world.deps, world.room.id, { handle: 'lin', autoReply: 'ambient' });
      const { message } = await send(world, member, 'Lin knows the code 4711.');
      // An edit looks for the answers that were called at once, which stand right behind the message.
      for (let n = 0; n < 6; n++) await send(world, world.owner, `${n}.`);
      const reply = (await ambientJobs.end(world.deps, (await ask(world))!, { speaks: true, usage: null }))!;
      const edit = (content: string) =>
        world.access.runOfMessage(member.actor, message.id, 'messages.edit', (own) => editMessage(world.deps, own, { content }));
      await edit('Lin knows the code.');
      const claim = (await replyJobs.claim(world.deps, reply.id, worker))!;
      expect(claim.request.question).toBe('Lin knows the code.');
      await replyJobs.end(world.deps, claim, complete);
      await edit('Lin knows.');
      await world.access.runOfMessage(member.actor, reply.id, 'replies.regenerate', (own) => regenerateReply(world.deps, own));
      expect((await replyJobs.claim(world.deps, reply.id, worker))!.request.question).toBe('Lin knows.');
      expect(JSON.stringify((await world.deps.db.job.findUniqueOrThrow({ where: { id: reply.id } })).request)).not.toContain('4711');
    });

    test('is not asked about what was answered, deleted or hidden meanwhile, in a paused room, or once it is set otherwise', async () => {
      await using world = await createTestWorld(kind);
      const member = await world.registerMember('ben');
      const place = { handle: 'lin', autoReply: 'ambient' as const };
      const linId = await placeCharacter(world.deps, world.room.id, place);
      const question = async () => (await send(world, member, 'Who has the key?')).message.id;
      const of = (id: string, as: 'messages.delete' | 'messages.hideFromAi') =>
        world.access.runOfMessage(world.owner.actor, id, as, (message) =>
          as === 'messages.delete' ? deleteMessage(world.deps, message) : hideFromAi(world.deps, message, { on: true }),
        );
      const over: [string, (id: string) => Promise<unknown>][] = [
        ['answered', () => send(world, world.owner, 'I have it.')],
        ['deleted', (id) => of(id, 'messages.delete')],
        ['hidden', (id) => of(id, 'messages.hideFromAi')],
        [
          'set otherwise',
          () => world.deps.db.$executeRaw`update room_characters set auto_reply = 'mention' where character_id = ${linId}::uuid`,
        ],
        [
          'paused',
          async () => {
            await world.deps.db.$executeRaw`update room_characters set auto_reply = 'ambient' where character_id = ${linId}::uuid`;
            await world.access.run(world.owner.actor, world.room.id, 'rooms.pauseAi', (room) => pauseAi(world.deps, room, true));
          },
        ],
      ];
      for (const [name, happens] of over) {
        if (name === 'paused')
          await world.deps.db.$executeRaw`update room_characters set auto_reply = 'ambient' where character_id = ${linId}::uuid`;
        if (name === 'paused')
          await world.deps.db
            .$executeRaw`update room_counters set last_rev = last_rev + 1, members_rev = last_rev + 1 where room_id = ${world.room.id}::uuid`;
        const id = await question();
        expect(await considered(world), name).toHaveLength(1);
        await happens(id);
        expect(await ask(world), name).toBeNull();
        expect(await considered(world), name).toEqual([]);
      }
      // Nobody else spoke after the question, so it would have been asked.
      await world.access.run(world.owner.actor, world.room.id, 'rooms.pauseAi', (room) => pauseAi(world.deps, room, false));
      await question();
      await send(world, member, 'Anybody?');
      const claim = (await ask(world))!;
      expect(claim.cause).toBe('question');
      // What is deleted while it thinks is not answered.
      await of(claim.request.trigger.messageId, 'messages.delete');
      expect(await ambientJobs.end(world.deps, claim, { speaks: true, usage: null })).toBeNull();
    });
  });
}
