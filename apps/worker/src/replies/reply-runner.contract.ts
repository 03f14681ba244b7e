import type { Bus } from '@parley/bus';
import { channels, type Snapshot } from '@parley/contracts';
import { replyJobs } from '@parley/core/replies/reply-sink';
import { requestStop } from '@parley/core/replies/request-stop';
import { Prisma } from '@parley/db';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { runReply } from './reply-runner.js';
import { createWorkerWorld, finish, gate, never, saying, takeOver, type WorkerWorld } from './worker.fixture.js';

/** One attempt at a reply, on the real domain. */
export function replyRunnerSuite(kind: 'pglite' | 'postgres'): void {
  describe(`runReply on ${kind}`, () => {
    let world: WorkerWorld;
    let roomId: string;
    const nothing = new AbortController().signal;
    beforeAll(async () => {
      world = await createWorkerWorld(kind);
    });
    afterAll(() => world?.[Symbol.asyncDispose]());
    beforeEach(async () => {
      roomId = await world.newRoom();
      world.logged.length = 0;
    });

    it('stores exactly the text its deltas make, however the model cuts it', async () => {
      const chunk = fc.oneof(fc.string({ unit: 'binary', maxLength: 5 }), fc.constantFrom('\0', '\ud83d', '\ude00', ' ', '\n', '😀'));
      await fc.assert(
        fc.asyncProperty(fc.array(chunk, { minLength: 1, maxLength: 25 }), async (chunks) => {
          const reply = await world.ask(roomId);
          const reader = await world.read(roomId);
          world.model.script = saying('.', ...chunks);
          const outcome = await runReply(world.runner(), await world.claim(reply.id), nothing);
          const final = await reader.message(reply.id, ({ status }) => status === 'complete');
          expect(outcome).toBe('complete');
          expect(final.content).toBe(`.${chunks.join('')}`.replaceAll('\0', '').toWellFormed());
          expect(reader.text(reply.id)).toMatchObject({ text: final.content, attempt: 1, hole: false });
          expect((await world.stored(reply.id)).content).toBe(final.content);
        }),
        { numRuns: 12 },
      );
    });

    it('shows the first token while the model still writes, and says model and usage at the end', async () => {
      const rest = gate();
      world.model.script = async function* () {
        yield 'first';
        await rest.opened;
        yield ' second';
        yield finish;
      };
      const reply = await world.ask(roomId);
      const reader = await world.read(roomId);
      const running = runReply(world.runner(), await world.claim(reply.id), nothing);
      await reader.showing(reply.id, (text) => text === 'first');
      expect((await world.stored(reply.id)).status).toBe('streaming');
      rest.open();
      expect(await running).toBe('complete');
      const final = await reader.message(reply.id, ({ status }) => status === 'complete');
      expect(final).toMatchObject({
        content: 'first second',
        error: null,
        reply: { model: 'scripted:scripted', usage: { inputTokens: 11, outputTokens: 7 } },
      });
    });

    it('gives the model this room only', async () => {
      const other = await world.newRoom();
      await world.say(other, 'The secret of the other room.');
      await world.say(roomId, 'Said in this room.');
      world.model.script = saying('Yes.');
      await runReply(world.runner(), await world.claim((await world.ask(roomId, '@ada What was said?')).id), nothing);
      const prompt = JSON.stringify(world.model.calls.at(-1)!.prompt);
      expect(prompt).toContain('Said in this room.');
      expect(prompt).toContain('What was said?');
      expect(prompt).not.toContain('other room');
    });

    it('answers a request for the text so far', async () => {
      const rest = gate();
      world.model.script = async function* () {
        yield 'so far';
        await rest.opened;
        yield finish;
      };
      const reply = await world.ask(roomId);
      const reader = await world.read(roomId);
      const running = runReply(world.runner(), await world.claim(reply.id), nothing);
      await reader.showing(reply.id, (text) => text !== '');
      const snapshot = await world.bus.request(channels.replySnapshot(reply.id, 1), null, { timeoutMs: 5000 });
      expect(snapshot).toEqual({ messageId: reply.id, attempt: 1, text: 'so far' } satisfies Snapshot);
      rest.open();
      await running;
      expect(await world.bus.request(channels.replySnapshot(reply.id, 1), null, { timeoutMs: 50 })).toBeNull();
    });

    describe('stop', () => {
      it('keeps the text so far, and frees the model at once', async () => {
        world.model.script = async function* () {
          yield 'half an \ud83d';
          await never;
        };
        const reply = await world.ask(roomId);
        const reader = await world.read(roomId);
        const running = runReply(world.runner(), await world.claim(reply.id), nothing);
        await reader.showing(reply.id, (text) => text !== '');
        await world.world.access.runOfMessage(world.world.owner.actor, reply.id, 'replies.stop', (reply) => requestStop(world.deps, reply));
        expect(await running).toBe('stopped');
        const final = await reader.message(reply.id, ({ status }) => status === 'stopped');
        expect(final).toMatchObject({ content: 'half an \ufffd', error: null, reply: { stoppedBy: world.world.owner.user.id } });
        expect(final.reply!.usage!.outputTokens).toBeGreaterThan(0);
        expect(reader.text(reply.id)?.text).toBe(final.content);
        expect(world.model.open).toBe(0);
        expect(world.model.calls.at(-1)!.abortSignal!.aborted).toBe(true);
      });

      it('is found at the next renewal when the bus lost it', async () => {
        world.model.script = async function* () {
          yield 'text';
          await never;
        };
        const reply = await world.ask(roomId);
        const reader = await world.read(roomId);
        const running = runReply(world.runner({ leaseMs: 60 }), await world.claim(reply.id), nothing);
        await reader.showing(reply.id, (text) => text !== '');
        await world.deps.db.$queryRaw(
          Prisma.sql`update jobs set stop_requested_at = now(), stop_requested_by = ${world.world.owner.user.id}::uuid where id = ${reply.id}::uuid returning 1 as one`,
        );
        expect(await running).toBe('stopped');
        expect(await world.stored(reply.id)).toMatchObject({ status: 'stopped', content: 'text' });
      });

      it('is found as soon as the worker listens, where it came just before', async () => {
        world.model.script = async function* () {
          yield 'text';
          await never;
        };
        const reply = await world.ask(roomId);
        const reader = await world.read(roomId);
        const listening = gate();
        const bus: Bus = {
          ...world.bus,
          publish: (channel, payload) => world.bus.publish(channel, payload),
          subscribe: (channel, handler) => listening.opened.then(() => world.bus.subscribe(channel, handler)),
        };
        const running = runReply(world.runner({ leaseMs: 600_000, deps: { bus } }), await world.claim(reply.id), nothing);
        await reader.showing(reply.id, (text) => text !== '');
        expect(
          await world.world.access.runOfMessage(world.world.owner.actor, reply.id, 'replies.stop', (reply) =>
            requestStop(world.deps, reply),
          ),
        ).toMatchObject({ status: 'streaming' });
        listening.open();
        expect(await running).toBe('stopped');
        expect(await world.stored(reply.id)).toMatchObject({ status: 'stopped', content: 'text' });
      });

      it('is kept to with the text so far where the process stops before it was found', async () => {
        world.model.script = async function* () {
          yield 'text';
          await never;
        };
        const stopping = new AbortController();
        const reply = await world.ask(roomId);
        const reader = await world.read(roomId);
        const deaf: Bus = { ...world.bus, subscribe: () => never };
        const running = runReply(world.runner({ leaseMs: 600_000, deps: { bus: deaf } }), await world.claim(reply.id), stopping.signal);
        await reader.showing(reply.id, (text) => text !== '');
        await world.world.access.runOfMessage(world.world.owner.actor, reply.id, 'replies.stop', (reply) => requestStop(world.deps, reply));
        stopping.abort();
        expect(await running).toBe('stopped');
        const final = await reader.message(reply.id, ({ status }) => status === 'stopped');
        expect(final).toMatchObject({ content: 'text', reply: { stoppedBy: world.world.owner.user.id, model: 'scripted:scripted' } });
        expect(final.reply!.usage!.outputTokens).toBeGreaterThan(0);
        expect(reader.text(reply.id)?.text).toBe(final.content);
      });

      it('ends a model that takes no notice of its signal, before it has answered at all', async () => {
        world.model.script = async function* () {
          await never;
          yield finish;
        };
        const reply = await world.ask(roomId);
        const running = runReply(world.runner(), await world.claim(reply.id), nothing);
        await world.world.access.runOfMessage(world.world.owner.actor, reply.id, 'replies.stop', (reply) => requestStop(world.deps, reply));
        expect(await running).toBe('stopped');
        expect(world.model.open).toBe(0);
      });

      it('asked for before the claim asks no model', async () => {
        const reply = await world.ask(roomId);
        const claim = await world.claim(reply.id);
        const calls = world.model.calls.length;
        expect(await runReply(world.runner(), { ...claim, stopRequested: true }, nothing)).toBe('stopped');
        expect(world.model.calls).toHaveLength(calls);
        expect(await world.stored(reply.id)).toMatchObject({ status: 'stopped', content: '' });
      });
    });

    describe('fencing', () => {
      it('a zombie whose lease was lost writes nothing', async () => {
        const woken = gate();
        world.model.script = async function* (_, call) {
          yield `attempt of call ${call}`;
          await woken.opened;
          yield finish;
        };
        const first = world.model.calls.length;
        const reply = await world.ask(roomId);
        const reader = await world.read(roomId);
        // This worker does not renew for a long time, like a process that was stopped and goes on later.
        const zombie = runReply(world.runner({ leaseMs: 600_000 }), await world.claim(reply.id), nothing);
        await reader.showing(reply.id, (text) => text === `attempt of call ${first}`);
        const second = await takeOver(world, reply.id);
        expect(second.attempt).toBe(2);
        woken.open();
        expect(await zombie).toBe('fenced');
        expect(await world.stored(reply.id)).toMatchObject({ status: 'streaming', attempt: 2, content: '' });
        expect(await runReply(world.runner(), second, nothing)).toBe('complete');
        expect(await world.stored(reply.id)).toMatchObject({ status: 'complete', content: `attempt of call ${first + 1}` });
        expect(reader.text(reply.id)).toMatchObject({ attempt: 2, text: `attempt of call ${first + 1}` });
      });

      it('a worker that learns it lost the lease lets go of the model', async () => {
        world.model.script = async function* () {
          yield 'x';
          await never;
        };
        const reply = await world.ask(roomId);
        const reader = await world.read(roomId);
        const zombie = runReply(world.runner({ leaseMs: 300 }), await world.claim(reply.id), nothing);
        await reader.showing(reply.id, (text) => text !== '');
        const second = await takeOver(world, reply.id);
        expect(second.attempt).toBe(2);
        expect(await zombie).toBe('fenced');
        expect(world.model.open).toBe(0);
        await replyJobs.end(world.deps, second, {
          status: 'complete',
          content: 'other',
          model: null,
          usage: null,
          error: null,
          stoppedBy: null,
        });
      });
    });

    it('is handed back when the process stops, its tries unchanged', async () => {
      world.model.script = async function* () {
        yield 'begun';
        await never;
      };
      const stopping = new AbortController();
      const reply = await world.ask(roomId);
      const reader = await world.read(roomId);
      const running = runReply(world.runner(), await world.claim(reply.id), stopping.signal);
      await reader.showing(reply.id, (text) => text !== '');
      stopping.abort();
      expect(await running).toBe('handed_back');
      const next = await world.claim(reply.id);
      expect(next).toMatchObject({ attempt: 2, tries: 0 });
      world.model.script = saying('done');
      expect(await runReply(world.runner(), next, nothing)).toBe('complete');
      expect(world.model.open).toBe(0);
    });
  });
}
