import { loadReceipt } from './reply-receipt.js';
import { channels, type AgentTask, type MessageView } from '@parley/contracts';
import { beforeEach, describe, expect, test } from 'vitest';
import { addCharacter } from '../characters/add-character.js';
import { createCharacter } from '../characters/create-character.js';
import { updateCharacter } from '../characters/update-character.js';
import type { Claimant } from '../jobs/job.js';
import { eventsOn, head, send } from '../messages/testing-messages.js';
import { loadMessage } from '../messages/load-message.js';
import { loadChanges } from '../sync/load-changes.js';
import { sharedWorld } from '../testing/shared-world.js';
import type { TestUser } from '../testing/index.js';
import { agentReplyJobs } from './agent-jobs.js';
import { findAgentAttempt, giveBackAgentTask, keepAgentTask } from './agent-attempt.js';
import { claimAgentTask } from './claim-agent-task.js';
import { endAgentTask, failAgentTask } from './end-agent-task.js';
import { failUnserved, waitingForAgents } from './fail-unserved.js';
import { regenerateReply } from './regenerate-reply.js';
import { replyJobs } from './reply-sink.js';
import { requestStop } from './request-stop.js';
import { lapse, sweepReplies, worker } from './testing-replies.js';

const claimant: Claimant = { id: 'an agent', leaseMs: 60_000 };
const hour = 3_600_000;

/** The life of an answer that an agent writes. */
export function agentTasksSuite(kind: 'pglite' | 'postgres'): void {
  describe('tasks of agents', () => {
    const world = sharedWorld(kind);
    let count = 0;
    let handle: string;
    let characterId: string;

    beforeEach(async () => {
      handle = `agent-${++count}`;
      const input = { handle, name: 'Scout', tagline: '', systemPrompt: 'You scout.', model: 'agent', temperature: null, greeting: '' };
      characterId = (await createCharacter(world().deps, world().owner.actor, input)).character.id;
      await world().access.run(world().owner.actor, world().room.id, 'rooms.addCharacter', (room) =>
        addCharacter(world().deps, room, { characterId, autoReply: 'mention' }),
      );
      world().bus.clear();
    });

    const ask = async (question = 'when is tea?'): Promise<MessageView> =>
      (await send(world(), world().owner, `@${handle} ${question}`)).replies[0]!;
    const claim = (by: TestUser = world().owner): Promise<AgentTask | null> =>
      claimAgentTask(world().deps, by.actor, { characterId, claimant, privateFirst: false });
    const attemptOf = async ({ taskId: id, attempt }: AgentTask) =>
      (await findAgentAttempt(world().deps, world().owner.actor, 'agents.write', { id, attempt })).attempt;
    const done = (text: string) => ({ text, stopped: false, usage: null, maxDepth: 2 });
    const over = expect.objectContaining({ code: 'ATTEMPT_OVER' }) as unknown;
    const ageBy = (id: string, ms: number) =>
      world().deps.db.$executeRaw`
        update jobs set available_at = available_at - ${ms}::float8 * interval '1 millisecond',
          lease_until = lease_until - ${ms}::float8 * interval '1 millisecond' where id = ${id}::uuid`;

    test('one waits for an agent and wakes no worker; one of the agents that ask at once is given it', async () => {
      const reply = await ask();
      expect(world().bus.enqueued).toEqual([]);
      expect(world().bus.on(channels.agentWork(characterId))).toEqual([{}]);
      expect(await sweepReplies(world().deps, worker, { limit: 10 })).toEqual([]);
      expect(await replyJobs.claim(world().deps, reply.id, worker)).toBeNull();
      expect(await waitingForAgents(world().deps, [characterId])).toEqual([characterId]);
      const claims = (await Promise.all([claim(), claim(), claim()])).filter((task) => task !== null);
      expect(claims).toMatchObject([{ taskId: reply.id, attempt: 1, trigger: { question: 'when is tea?' } }]);
      expect(claims[0]!.prompt).toContain('You scout.');
      expect(await waitingForAgents(world().deps, [characterId])).toEqual([]);
    });

    test('its end is the room’s event, live and replayed, and the first end wins', async () => {
      const reply = await ask();
      const attempt = await attemptOf((await claim())!);
      expect(await keepAgentTask(world().deps, attempt, claimant)).toBe(false);
      const before = await head(world());
      world().bus.clear();
      const ended = await endAgentTask(world().deps, attempt, done('At four.'));
      expect(ended).toMatchObject({ id: reply.id, status: 'complete', content: 'At four.', reply: { model: 'agent' } });
      expect(eventsOn(world())).toEqual([{ type: 'message', rev: before.rev + 1, message: ended }]);
      expect((await loadChanges(world().deps, world().room.id, before.rev, 10)).events).toEqual(eventsOn(world()));
      await expect(endAgentTask(world().deps, attempt, done('At five.'))).rejects.toEqual(over);
      await expect(keepAgentTask(world().deps, attempt, claimant)).rejects.toEqual(over);
    });

    test('what an agent says that its answer cost is shown, and uses up nobody’s tokens', async () => {
      await ask();
      const usage = { inputTokens: 1_000_000, outputTokens: 1_000_000 };
      const ended = await endAgentTask(world().deps, await attemptOf((await claim())!), { ...done('At four.'), usage });
      expect(ended).toMatchObject({ reply: { usage } });
      expect(await world().deps.db.aiUsage.findMany()).toEqual([]);
      const input = { messageId: ended.id };
      expect(await loadReceipt({ ...world().deps, rooms: world().access }, world().owner.actor, input)).toMatchObject({
        status: 'complete',
        model: 'agent',
        usage,
        cost: null,
        seqs: [],
        promptHash: null,
        right: 'asked',
        askedBy: { id: world().owner.user.id },
        durationMs: expect.any(Number),
      });
    });

    test('an agent that died is taken over, and writes nothing any more', async () => {
      const reply = await ask();
      const first = await attemptOf((await claim())!);
      expect(await claim()).toBeNull();
      await lapse(world(), reply.id);
      const second = await attemptOf((await claim())!);
      expect(second).toMatchObject({ attempt: 2, tries: 1 });
      for (const late of [
        () => keepAgentTask(world().deps, first, claimant),
        () => endAgentTask(world().deps, first, done('Mine.')),
        () => failAgentTask(world().deps, first, { text: '', message: 'no', retry: true }),
        () => findAgentAttempt(world().deps, world().owner.actor, 'agents.done', first),
      ])
        await expect(late()).rejects.toEqual(over);
      expect(await endAgentTask(world().deps, second, done('Hers.'))).toMatchObject({ content: 'Hers.', attempt: 2 });
    });

    test('it is tried again as a worker’s is, until it has failed often enough', async () => {
      const { id } = await ask();
      for (let tries = 1; tries <= 5; tries++) {
        const attempt = await attemptOf((await claim())!);
        const failed = await failAgentTask(world().deps, attempt, { text: '', message: 'My model is away.', retry: true });
        expect(failed).toMatchObject(
          tries < 5
            ? { answer: { status: 'queued', error: null }, retryInMs: expect.any(Number) }
            : { answer: { status: 'failed', error: { code: 'AGENT_FAILED' } }, retryInMs: null },
        );
        if (tries < 5) await ageBy(id, hour);
      }
      expect(await claim()).toBeNull();
    });

    test('one that nobody received goes to the next at once, and counts as no try', async () => {
      await ask();
      const task = (await claim())!;
      world().bus.clear();
      await giveBackAgentTask(world().deps, task);
      expect(world().bus.on(channels.agentWork(characterId))).toEqual([{}]);
      expect(await attemptOf((await claim())!)).toMatchObject({ attempt: 2, tries: 0 });
    });

    test('a stop ends one that waits, and is told to the agent of one under way', async () => {
      const stop = (messageId: string) =>
        world().access.runOfMessage(world().owner.actor, messageId, 'replies.stop', (reply) => requestStop(world().deps, reply));
      const waiting = await ask();
      expect(await stop(waiting.id)).toMatchObject({ status: 'stopped' });
      expect(await claim()).toBeNull();
      const { id } = await ask();
      const attempt = await attemptOf((await claim())!);
      world().bus.clear();
      expect(await stop(id)).toMatchObject({ status: 'streaming' });
      expect(world().bus.on(channels.replyStop(id))).toEqual([{ attempt: 1, stoppedBy: world().owner.user.id }]);
      expect(await keepAgentTask(world().deps, attempt, claimant)).toBe(true);
      // An agent that dies then leaves nothing to do: the stop is all that was wanted.
      await lapse(world(), id);
      expect(await claim()).toBeNull();
      expect(await loadMessage(world().deps, id)).toMatchObject({ status: 'stopped' });
    });

    test('it fails where nobody serves the character for too long, but not while an agent writes another', async () => {
      const sweep = () => failUnserved(world().deps, { claimant, waitMs: hour });
      const [first, second] = [await ask('one?'), await ask('two?')];
      const task = (await claim())!;
      await ageBy(second.id, 2 * hour);
      expect(await sweep()).toBe(0);
      const attempt = await attemptOf(task);
      await endAgentTask(world().deps, attempt, done('Busy.'));
      expect(await sweep()).toBe(1);
      expect(await loadMessage(world().deps, second.id)).toMatchObject({ status: 'failed', error: { code: 'AGENT_AWAY' } });
      // Also one that an agent left.
      const left = await ask('three?');
      await claim();
      expect(await sweep()).toBe(0);
      await ageBy(left.id, 2 * hour);
      expect(await sweep()).toBe(1);
      expect(await loadMessage(world().deps, left.id)).toMatchObject({ status: 'failed', error: { code: 'AGENT_AWAY' } });
      expect(await loadMessage(world().deps, first.id)).toMatchObject({ status: 'complete' });
    });

    test('the model decides who writes it: it changes only while no answer is under way, and a new version follows it', async () => {
      const { id } = await ask();
      const become = (model: string | null) => updateCharacter(world().deps, world().owner.actor, { characterId, model });
      await expect(become(null)).rejects.toMatchObject({ code: 'REPLY_IN_PROGRESS', details: { field: 'model' } });
      expect((await become('agent')).character.model).toBe('agent');
      await endAgentTask(world().deps, await attemptOf((await claim())!), done('At four.'));
      expect((await become(null)).character.model).toBeNull();
      world().bus.clear();
      await world().access.runOfMessage(world().owner.actor, id, 'replies.regenerate', (reply) => regenerateReply(world().deps, reply));
      expect(world().bus.enqueued).toEqual([id]);
      expect(await claim()).toBeNull();
      const byWorker = (await replyJobs.claim(world().deps, id, worker))!;
      expect(byWorker).toMatchObject({ attempt: 2 });
      await expect(become('agent')).rejects.toMatchObject({ code: 'REPLY_IN_PROGRESS' });
      expect(await agentReplyJobs.sweep(world().deps, claimant)).toBeNull();
    });
  });
}
