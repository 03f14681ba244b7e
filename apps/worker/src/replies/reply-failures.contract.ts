import { placeCharacter, tokensADay } from '@parley/core/testing';
import { replyJobs } from '@parley/core/replies/reply-sink';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ModelError } from '../models/model-errors.js';
import { createModels } from '../models/providers.js';
import { runReply } from './reply-runner.js';
import {
  claimWhenDue,
  createWorkerWorld,
  failing,
  finish,
  gate,
  never,
  saying,
  sayingFor,
  takeOver,
  usage,
  type WorkerWorld,
} from './worker.fixture.js';

/** Attempts that go wrong, on the real domain. */
export function replyFailuresSuite(kind: 'pglite' | 'postgres'): void {
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

    describe('failures', () => {
      it('before the first token: the next attempt succeeds', async () => {
        const first = world.model.calls.length;
        world.model.script = async function* (_, call) {
          if (call === first) throw new ModelError('MODEL_UNAVAILABLE', 'Down.', { retryable: true });
          yield 'Here I am.';
          yield finish;
        };
        const woken: number[] = [];
        const runner = world.runner({ deps: { wakeLater: (_, delayMs) => woken.push(delayMs) } });
        const reply = await world.ask(roomId);
        const reader = await world.read(roomId);
        expect(await runReply(runner, await world.claim(reply.id), nothing)).toBe('requeued');
        expect(woken).toHaveLength(1);
        expect((await reader.message(reply.id, ({ status }) => status === 'queued')).error).toBeNull();
        expect(await runReply(runner, await claimWhenDue(world, reply.id), nothing)).toBe('complete');
        expect(await world.stored(reply.id)).toMatchObject({ content: 'Here I am.', attempt: 2, error: null });
      });

      it('in the middle: its text so far stays, with why it ends there, and no other attempt follows', async () => {
        world.model.script = async function* () {
          yield 'A first beginning';
          throw new TypeError('terminated');
        };
        const reply = await world.ask(roomId);
        const reader = await world.read(roomId);
        const calls = world.model.calls.length;
        expect(await runReply(world.runner({ maxTries: 5 }), await world.claim(reply.id), nothing)).toBe('failed');
        const failed = await reader.message(reply.id, ({ status }) => status === 'failed');
        expect(failed).toMatchObject({
          attempt: 1,
          content: 'A first beginning',
          error: { code: 'MODEL_CUT', message: 'The model’s answer was cut off. Try again.' },
        });
        expect(failed.reply!.usage!.outputTokens).toBeGreaterThan(0);
        expect(reader.text(reply.id)?.text).toBe('A first beginning');
        expect(world.model.calls).toHaveLength(calls + 1);
        expect(await replyJobs.claim(world.deps, reply.id, { id: 'x', leaseMs: 1000 })).toBeNull();
      });

      it('blank text is no text: the next attempt may still begin', async () => {
        const first = world.model.calls.length;
        world.model.script = async function* (_, call) {
          yield call === first ? ' \n' : 'Words.';
          if (call === first) throw new TypeError('terminated');
          yield finish;
        };
        const reply = await world.ask(roomId);
        expect(await runReply(world.runner(), await world.claim(reply.id), nothing)).toBe('requeued');
        expect(await runReply(world.runner(), await claimWhenDue(world, reply.id), nothing)).toBe('complete');
        expect(await world.stored(reply.id)).toMatchObject({ content: 'Words.', attempt: 2 });
      });

      it('that do not end: failed after so many tries, and it says how many', async () => {
        world.model.script = failing(new ModelError('MODEL_UNAVAILABLE', 'Down.', { retryable: true }));
        const runner = world.runner({ maxTries: 3 });
        const reply = await world.ask(roomId);
        const outcomes = [];
        for (let attempt = 1; attempt <= 3; attempt++) {
          const claim = attempt === 1 ? await world.claim(reply.id) : await claimWhenDue(world, reply.id);
          outcomes.push(await runReply(runner, claim, nothing));
        }
        expect(outcomes).toEqual(['requeued', 'requeued', 'failed']);
        expect(await world.stored(reply.id)).toMatchObject({
          status: 'failed',
          attempt: 3,
          content: '',
          error: { code: 'MODEL_UNAVAILABLE', message: 'Down. Tried 3 times.' },
        });
        expect(await replyJobs.claim(world.deps, reply.id, { id: 'x', leaseMs: 1000 })).toBeNull();
      });

      it('a day whose tokens are used up: the model is asked nothing, and the room is told', async () => {
        world.model.script = sayingFor(9_990, 'Paid for.');
        const spender = await world.world.registerMember(`spender-${kind}`, roomId);
        const ask = async (who = spender): Promise<string> => (await world.say(roomId, '/ask what now?', who)).replies[0]!.id;
        const runner = world.runner({ settings: { budgets: tokensADay(10_000) } });
        expect(await runReply(runner, await world.claim(await ask()), nothing)).toBe('complete');
        const calls = world.model.calls.length;
        const refused = await ask();
        expect(await runReply(runner, await world.claim(refused), nothing)).toBe('failed');
        expect(world.model.calls).toHaveLength(calls);
        expect(await world.stored(refused)).toMatchObject({
          content: '',
          error: { code: 'AI_BUDGET_EXCEEDED', message: expect.stringContaining('midnight UTC') },
        });
        // Replies for other people go on, and so do replies of a model that costs nothing.
        const other = await world.world.registerMember(`other-${kind}`, roomId);
        expect(await runReply(runner, await world.claim(await ask(other)), nothing)).toBe('complete');
        const free = { ...runner, models: createModels({ wordsPerSecond: 0 }) };
        expect(await runReply(free, await world.claim(await ask()), nothing)).toBe('complete');
      });

      it('a model that is not allowed any more: nothing is asked, and the room is told', async () => {
        const runner = world.runner({ deps: { models: createModels({ openaiApiKey: 'sk-none', modelsAllowed: ['openai:cheap'] }) } });
        const dear = { handle: `dear-${kind}`, model: 'openai:dear' };
        await placeCharacter(world.world.handle, roomId, dear);
        const reply = await world.ask(roomId, `@${dear.handle} what now?`);
        expect(await runReply(runner, await world.claim(reply.id), nothing)).toBe('failed');
        expect(await world.stored(reply.id)).toMatchObject({
          attempt: 1,
          error: {
            code: 'MODEL_NOT_ALLOWED',
            message: 'This character’s model is not one that this server allows. Choose another model for it.',
          },
        });
      });

      it('that no retry helps end at once', async () => {
        const runner = world.runner();
        runner.models = {
          ...runner.models,
          resolve: () => {
            throw new ModelError('MODEL_NOT_CONFIGURED', 'Set OPENAI_API_KEY.');
          },
        };
        const reply = await world.ask(roomId);
        expect(await runReply(runner, await world.claim(reply.id), nothing)).toBe('failed');
        expect(await world.stored(reply.id)).toMatchObject({
          attempt: 1,
          error: { code: 'MODEL_NOT_CONFIGURED', message: 'Set OPENAI_API_KEY.' },
        });
      });

      it('an empty answer is none, an answer without an end is cut', async () => {
        const runner = world.runner({ maxTries: 1 });
        for (const [script, code] of [
          [saying(' ', '\n'), 'MODEL_UNAVAILABLE'],
          [saying('\u200b', '\u2060\ufeff'), 'MODEL_UNAVAILABLE'],
          [saying('#', ' &nbsp;'), 'MODEL_UNAVAILABLE'],
          [
            async function* () {
              yield 'no end';
            },
            'MODEL_CUT',
          ],
        ] as const) {
          world.model.script = script;
          const reply = await world.ask(roomId);
          expect(await runReply(runner, await world.claim(reply.id), nothing)).toBe('failed');
          expect((await world.stored(reply.id)).error?.code).toBe(code);
        }
      });

      it('an empty answer costs what its model says, each time', async () => {
        world.model.script = saying();
        const asker = await world.world.registerMember(`thinker-${kind}`, roomId);
        const id = (await world.say(roomId, '/ask what now?', asker)).replies[0]!.id;
        const runner = world.runner({ maxTries: 2 });
        expect(await runReply(runner, await world.claim(id), nothing)).toBe('requeued');
        expect(await runReply(runner, await claimWhenDue(world, id), nothing)).toBe('failed');
        const spent = await world.deps.db.aiUsage.findMany({ where: { userId: asker.user.id } });
        expect(spent.map(({ tokens }) => tokens)).toEqual([36n]);
      });

      it('silence is one: before the first token and between two', async () => {
        for (const [settings, chunks] of [
          [{ firstTokenMs: 20 }, []],
          [{ betweenTokensMs: 20 }, ['some text']],
        ] as const) {
          world.model.script = async function* () {
            yield* chunks;
            await never;
          };
          const reply = await world.ask(roomId);
          expect(await runReply(world.runner({ settings, maxTries: 1 }), await world.claim(reply.id), nothing)).toBe('failed');
          expect(await world.stored(reply.id)).toMatchObject({ content: chunks.join(''), error: { code: 'MODEL_TIMEOUT' } });
          expect(world.model.open).toBe(0);
        }
      });

      it('an answer beyond the limit is cut there, and says so', async () => {
        world.model.script = async function* () {
          for (;;) yield '0123456789';
        };
        const reply = await world.ask(roomId);
        expect(await runReply(world.runner({ settings: { maxReplyBytes: 25 } }), await world.claim(reply.id), nothing)).toBe('failed');
        expect(await world.stored(reply.id)).toMatchObject({ content: '0123456789012345678901234', error: { code: 'REPLY_TOO_LARGE' } });
        expect(world.model.open).toBe(0);
      });

      it('an answer cut by the model’s own limit is complete, and says so', async () => {
        world.model.script = async function* () {
          yield 'long';
          yield { type: 'finish', usage, finishReason: { unified: 'length', raw: 'length' } };
        };
        const reply = await world.ask(roomId);
        expect(await runReply(world.runner(), await world.claim(reply.id), nothing)).toBe('complete');
        expect(await world.stored(reply.id)).toMatchObject({ content: 'long', error: { code: 'MODEL_CUT' } });
      });
    });

    describe('the database away', () => {
      /** The database, refusing every statement while `away`. */
      function flakyDb(): { db: WorkerWorld['deps']['db']; state: { away: boolean; refused: number } } {
        const state = { away: false, refused: 0 };
        const db = new Proxy(world.deps.db, {
          get(target, name, receiver) {
            const value: unknown = Reflect.get(target, name, receiver);
            if (name !== '$queryRaw') return value;
            return (...args: unknown[]) => {
              if (!state.away) return (value as (...args: unknown[]) => unknown).apply(target, args);
              state.refused++;
              return Promise.reject(Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }));
            };
          },
        });
        return { db, state };
      }

      it('at the end: the text is written when it is back', async () => {
        const { db, state } = flakyDb();
        world.model.script = async function* () {
          yield 'kept';
          state.away = true;
          yield finish;
        };
        const reply = await world.ask(roomId);
        const claim = await world.claim(reply.id);
        const refusedTwice = gate();
        const runner = world.runner({ deps: { db } });
        const warn = runner.log.warn;
        runner.quietLog.warn = (message) => {
          warn({}, message);
          if (state.refused >= 2) refusedTwice.open();
        };
        const running = runReply(runner, claim, nothing);
        await refusedTwice.opened;
        expect((await world.stored(reply.id)).status).toBe('streaming');
        state.away = false;
        expect(await running).toBe('complete');
        expect((await world.stored(reply.id)).content).toBe('kept');
      });

      it('as the process stops: giving the reply back is tried more than once', async () => {
        const { db, state } = flakyDb();
        world.model.script = async function* () {
          yield 'begun';
          await never;
        };
        const stopping = new AbortController();
        const reply = await world.ask(roomId);
        const reader = await world.read(roomId);
        const runner = world.runner({ deps: { db } });
        runner.quietLog.warn = () => {
          state.away = state.refused < 3;
        };
        const running = runReply(runner, await world.claim(reply.id), stopping.signal);
        await reader.showing(reply.id, (text) => text === 'begun');
        state.away = true;
        stopping.abort();
        expect(await running).toBe('handed_back');
        expect(await world.claim(reply.id)).toMatchObject({ attempt: 2, tries: 0 });
      });

      it('for longer than the limit: it is said, and the next attempt starts over', async () => {
        const { db, state } = flakyDb();
        world.model.script = async function* () {
          yield 'lost';
          state.away = true;
          yield finish;
        };
        const reply = await world.ask(roomId);
        const claim = await world.claim(reply.id);
        expect(await runReply(world.runner({ deps: { db }, settings: { finishLimitMs: 1 } }), claim, nothing)).toBe('abandoned');
        expect(world.logged).toContain('gave up writing the end of a reply; it starts again as the next attempt once its lease lapses');
        world.model.script = saying('again');
        expect(await runReply(world.runner(), await takeOver(world, reply.id), nothing)).toBe('complete');
        expect(await world.stored(reply.id)).toMatchObject({ content: 'again', attempt: 2 });
      });
    });
  });
}
