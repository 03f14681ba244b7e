import { AppError, fanOut, request } from '@parley/contracts';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { asked, told } from '../test/any-channel.js';
import type { BusPair, ReportedError } from '../test/bus-pair.js';
import type { Bus, BusOptions, BusState } from './bus.js';
import { currentCall, inCall, type Call } from './call-context.js';
import { jobsContract } from './jobs.contract.js';

/** Every promise of `bus.ts` that does not need a transport to fail. `make` gives connected buses. */
export function busContract(name: string, make: (options: Omit<BusOptions, 'env'>) => Promise<BusPair>): void {
  describe(`${name} keeps the promises of Bus`, () => {
    let a: Bus;
    let b: Bus;
    let errors: ReportedError[];

    beforeEach(async () => {
      errors = [];
      ({ a, b } = await make({ onError: (error, context) => errors.push({ error, context }) }));
    });

    afterEach(async () => {
      await Promise.all([a.close(), b.close()]);
    });

    /** Subscribes and collects messages in their order; `all` resolves once `count` have come. */
    async function collect(bus: Bus, subject: string, count: number) {
      const messages: unknown[] = [];
      let done!: () => void;
      const all = new Promise<void>((resolve) => (done = resolve));
      const subscription = await bus.subscribe(told(subject), (message) => {
        messages.push(message);
        if (messages.length === count) done();
      });
      return { messages, all, subscription };
    }

    /** Everything published on `from` before this has been delivered at `to`, since one publisher's messages keep their order per connection. */
    async function settle(from: Bus, to: Bus, subject: string): Promise<void> {
      const marker = await collect(to, subject, 1);
      from.publish(told(subject), 'marker');
      await marker.all;
      marker.subscription.unsubscribe();
    }

    describe('publish and subscribe', () => {
      it('delivers what the other process publishes once subscribe has resolved', async () => {
        for (let round = 0; round < 50; round++) {
          const received = await collect(b, `room.${round}.events`, 1);
          a.publish(told(`room.${round}.events`), { round });
          await received.all;
          expect(received.messages).toEqual([{ round }]);
        }
      });

      it('delivers to the publishing process too, and to every subscriber', async () => {
        const received = await Promise.all([collect(a, 'x', 1), collect(a, 'x', 1), collect(b, 'x', 1)]);
        a.publish(told('x'), 1);
        await Promise.all(received.map(({ all }) => all));
        expect(received.map(({ messages }) => messages)).toEqual([[1], [1], [1]]);
      });

      it('delivers after publish has returned, never inside it', async () => {
        const received = await collect(a, 'x', 1);
        a.publish(told('x'), 1);
        expect(received.messages).toEqual([]);
        await received.all;
      });

      it('delivers a copy: nobody sees what another does to the object', async () => {
        const first = await collect(a, 'x', 1);
        await a.subscribe(told('x'), (message) => ((message as { list: number[] }).list.length = 0));
        const last = await collect(a, 'x', 1);
        const payload = { list: [1, 2], gone: undefined };
        a.publish(told('x'), payload);
        payload.list.push(3);
        await Promise.all([first.all, last.all]);
        expect(first.messages).toEqual([{ list: [1, 2] }]);
        expect(last.messages).toEqual([{ list: [1, 2] }]);
        expect(last.messages[0]).not.toHaveProperty('gone');
        expect(payload.list).toEqual([1, 2, 3]);
      });

      it('keeps the order of a publisher’s messages', async () => {
        const received = await collect(b, 'x', 1000);
        for (let i = 0; i < 1000; i++) a.publish(told('x'), i);
        await received.all;
        expect(received.messages).toEqual(Array.from({ length: 1000 }, (_, i) => i));
      });

      it('carries any text and null for undefined', async () => {
        const received = await collect(b, 'x', 2);
        const text = 'Grüße \u{1F44B}\u0000\n"';
        a.publish(told('x'), text);
        a.publish(told('x'), undefined);
        await received.all;
        expect(received.messages).toEqual([text, null]);
      });

      it('reports a handler that throws or rejects, and harms nobody', async () => {
        let calls = 0;
        await b.subscribe(told('x'), () => {
          calls++;
          throw new Error('thrown');
        });
        await b.subscribe(told('x'), (async () => {
          throw new Error('rejected');
        }) as () => void);
        const received = await collect(b, 'x', 2);
        a.publish(told('x'), 1);
        a.publish(told('x'), 2);
        await received.all;
        await vi.waitFor(() => expect(errors).toHaveLength(4));
        expect(calls).toBe(2);
        expect(errors.map(({ error }) => (error as Error).message).sort()).toEqual(['rejected', 'rejected', 'thrown', 'thrown']);
        expect(errors[0]!.context).toEqual({ subject: 'x', operation: 'subscribe' });
      });

      it('starts no handler after unsubscribe, not even with a message under way', async () => {
        const received = await collect(b, 'x', 1);
        const other = await collect(b, 'x', 2);
        a.publish(told('x'), 1);
        await received.all;
        a.publish(told('x'), 2);
        received.subscription.unsubscribe();
        received.subscription.unsubscribe();
        await other.all;
        expect(received.messages).toEqual([1]);
        expect(other.messages).toEqual([1, 2]);
      });

      it('lets a handler end itself and another during a delivery', async () => {
        const late: unknown[] = [];
        const first = await b.subscribe(told('x'), () => {
          first.unsubscribe();
          second.unsubscribe();
        });
        const second = await b.subscribe(told('x'), (message) => late.push(message));
        const last = await collect(b, 'x', 2);
        a.publish(told('x'), 1);
        a.publish(told('x'), 2);
        await last.all;
        expect(late).toEqual([]);
      });

      it('subscribes anew after the last one of a subject has gone', async () => {
        for (let round = 0; round < 3; round++) {
          const received = await collect(b, 'x', 1);
          a.publish(told('x'), round);
          await received.all;
          received.subscription.unsubscribe();
        }
        const received = await collect(b, 'x', 1);
        a.publish(told('x'), 'last');
        await received.all;
        expect(received.messages).toEqual(['last']);
      });

      it('keeps subjects apart', async () => {
        const received = await collect(b, 'room.1', 1);
        a.publish(told('room'), 'shorter');
        a.publish(told('room.1.events'), 'longer');
        a.publish(told('room.2'), 'other');
        a.publish(told('room.1'), 'mine');
        await received.all;
        await settle(a, b, 'room.1');
        expect(received.messages).toEqual(['mine', 'marker']);
      });

      it.each(['', '.', 'a.', '.a', 'a..b', '*', 'room.*', '>', 'room.>', 'a b', 'a\n', 'ä', 'x'.repeat(201), 'jobs'])(
        'refuses %j as a subject everywhere',
        async (subject) => {
          expect(() => a.publish(told(subject), 1)).toThrow(TypeError);
          await expect(a.subscribe(told(subject), () => {})).rejects.toThrow(TypeError);
          await expect(a.respond(asked(subject), () => {})).rejects.toThrow(TypeError);
          await expect(a.request(asked(subject), 1, { timeoutMs: 100 })).rejects.toThrow(TypeError);
        },
      );

      it('refuses what JSON cannot hold', async () => {
        const circular: { self?: unknown } = {};
        circular.self = circular;
        expect(() => a.publish(told('x'), circular)).toThrow(TypeError);
        expect(() => a.publish(told('x'), () => {})).toThrow(TypeError);
        expect(() => a.publish(told('x'), 1n)).toThrow(TypeError);
        await expect(a.request(asked('x'), circular, { timeoutMs: 100 })).rejects.toThrow(TypeError);
      });

      it('takes a message of maxPayloadBytes and drops a larger one', async () => {
        expect(a.maxPayloadBytes).toBeGreaterThan(512 * 1024);
        // JSON adds two quotes, and each sign takes three bytes of UTF-8.
        const fits = '€'.repeat(Math.floor((a.maxPayloadBytes - 2) / 3));
        const received = await collect(b, 'x', 2);
        a.publish(told('x'), fits);
        a.publish(told('x'), `${fits}€`);
        a.publish(told('x'), 'after');
        await received.all;
        expect(received.messages).toEqual([fits, 'after']);
      });
    });

    describe('the call that a message is sent for', () => {
      const call: Call = { correlationId: 'call-1', traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01' };

      it('goes with it to every subscriber, and ends with the handler; what is sent for none arrives for none', async () => {
        const received: (Call | null)[] = [];
        let done!: () => void;
        const all = new Promise<void>((resolve) => (done = resolve));
        let later: Promise<Call | null> | null = null;
        await b.subscribe(told('called'), async () => {
          await Promise.resolve();
          received.push(currentCall());
          later ??= new Promise((resolve) => setTimeout(() => resolve(currentCall()), 5));
          if (received.length === 3) done();
        });
        inCall(call, () => a.publish(told('called'), 1));
        a.publish(told('called'), 2);
        inCall({ ...call, traceparent: null }, () => a.publish(told('called'), 3));
        await all;
        expect(received).toEqual([call, null, { ...call, traceparent: null }]);
        expect(await later).toBeNull();
      });

      it('goes with a question to whoever answers', async () => {
        await b.respond(asked('whose'), async () => {
          await Promise.resolve();
          return currentCall();
        });
        expect(await inCall(call, () => a.request(asked('whose'), null, { timeoutMs: 5000 }))).toEqual(call);
        expect(await a.request(asked('whose'), null, { timeoutMs: 5000 })).toBeNull();
      });
    });

    describe('request and respond', () => {
      it('brings back what the responder returns or resolves to', async () => {
        await b.respond(asked('twice'), (n) => (n as number) * 2);
        await b.respond(asked('later'), async (n) => ({ n }));
        expect(await a.request(asked('twice'), 21, { timeoutMs: 5000 })).toBe(42);
        expect(await a.request(asked('later'), undefined, { timeoutMs: 5000 })).toEqual({ n: null });
      });

      it('keeps concurrent questions apart', async () => {
        await b.respond(asked('echo'), (n) => n);
        const answers = await Promise.all(Array.from({ length: 100 }, (_, n) => a.request(asked('echo'), n, { timeoutMs: 5000 })));
        expect(answers).toEqual(Array.from({ length: 100 }, (_, n) => n));
      });

      it('is null when nobody listens, and when nobody answers in time', async () => {
        expect(await a.request(asked('nobody'), 1, { timeoutMs: 50 })).toBeNull();
        const heard = await collect(b, 'silent', 1);
        expect(await a.request(asked('silent'), 1, { timeoutMs: 50 })).toBeNull();
        await heard.all;
        expect(heard.messages).toEqual([1]);
      });

      it('takes the first answer when one responder throws', async () => {
        await b.respond(asked('x'), () => {
          throw new Error('cannot answer');
        });
        await b.respond(asked('x'), async () => 'answer');
        expect(await a.request(asked('x'), 1, { timeoutMs: 5000 })).toBe('answer');
        await vi.waitFor(() => expect(errors).toHaveLength(1));
        expect(errors[0]).toMatchObject({ error: new Error('cannot answer'), context: { subject: 'x', operation: 'respond' } });
      });

      it('answers nothing when every responder throws', async () => {
        await b.respond(asked('x'), async () => {
          throw new Error('cannot answer');
        });
        expect(await a.request(asked('x'), 1, { timeoutMs: 100 })).toBeNull();
      });

      it('is null for a question or an answer that is too large', async () => {
        const large = 'x'.repeat(a.maxPayloadBytes);
        let calls = 0;
        await b.respond(asked('x'), () => {
          calls++;
          return large;
        });
        expect(await a.request(asked('x'), large, { timeoutMs: 5000 })).toBeNull();
        expect(calls).toBe(0);
        expect(await a.request(asked('x'), 1, { timeoutMs: 200 })).toBeNull();
        expect(calls).toBe(1);
        expect(errors).toEqual([{ error: expect.any(RangeError), context: { subject: 'x', operation: 'respond' } }]);
      });

      it('does not answer after unsubscribe, nor a plain message', async () => {
        const questions: unknown[] = [];
        const responder = await b.respond(asked('x'), (question) => questions.push(question));
        a.publish(told('x'), 'no question');
        expect(await a.request(asked('x'), 'first', { timeoutMs: 5000 })).toBe(1);
        responder.unsubscribe();
        expect(await a.request(asked('x'), 'second', { timeoutMs: 50 })).toBeNull();
        expect(questions).toEqual(['first']);
      });
    });

    describe('payloads', () => {
      const lamp = fanOut('lamp', z.object({ on: z.boolean() }));
      const square = request('square', z.number(), z.number());

      it('go unlooked at: what is not as declared makes its handler throw at worst, and the next arrives', async () => {
        const lit: boolean[] = [];
        const done = new Promise<void>((resolve) => {
          void b.subscribe(lamp, ({ on }) => {
            lit.push(on);
            if (lit.length === 2) resolve();
          });
        });
        await settle(a, b, 'flush');
        for (const payload of [null, { on: 'dimmed' }, { on: true }]) a.publish(told('lamp'), payload);
        await done;
        expect(lit).toEqual(['dimmed', true]);
        expect(errors).toEqual([{ error: expect.any(TypeError), context: { subject: 'lamp', operation: 'subscribe' } }]);
      });

      it('are checked where that is asked for: what is not as declared goes no further, and unknown fields are let through', async () => {
        await Promise.all([a.close(), b.close()]);
        ({ a, b } = await make({ checkPayloads: true, onError: (error, context) => errors.push({ error, context }) }));
        const lit: unknown[] = [];
        const done = new Promise<void>((resolve) => {
          void b.subscribe(lamp, (payload) => {
            lit.push(payload);
            resolve();
          });
        });
        await b.respond(square, (n) => n * n);
        for (const payload of [null, { on: 'dimmed' }, { on: true, colour: 'red' }]) a.publish(told('lamp'), payload);
        await done;
        expect(lit).toEqual([{ on: true, colour: 'red' }]);
        expect(await a.request(square, 3, { timeoutMs: 5000 })).toBe(9);
        expect(await a.request(asked('square'), 'three', { timeoutMs: 100 })).toBeNull();
        await b.respond(asked('cube'), () => 'large');
        expect(await a.request(request('cube', z.number(), z.number()), 3, { timeoutMs: 5000 })).toBeNull();
        expect(errors.map(({ error, context }) => [error instanceof TypeError, context.operation])).toEqual([
          [true, 'subscribe'],
          [true, 'subscribe'],
          [true, 'respond'],
          [true, 'request'],
        ]);
      });
    });

    jobsContract(() => ({ a, b, errors }));

    describe('state and close', () => {
      it('is connected, and says so when it no longer is', async () => {
        expect([a.state, b.state]).toEqual(['connected', 'connected']);
        const changes: BusState[] = [];
        const deaf: BusState[] = [];
        a.onStateChange((state) => changes.push(state));
        a.onStateChange(() => {
          throw new Error('listener');
        });
        a.onStateChange((state) => deaf.push(state))();
        await a.close();
        expect(a.state).toBe('disconnected');
        expect(changes).toEqual(['disconnected']);
        expect(deaf).toEqual([]);
        expect(errors).toEqual([{ error: new Error('listener'), context: { operation: 'state' } }]);
      });

      it('closes once, however often it is asked', async () => {
        await Promise.all([a.close(), a.close()]);
        await a.close();
        expect(a.state).toBe('disconnected');
      });

      it('delivers what was published before close', async () => {
        const received = await collect(b, 'x', 100);
        for (let i = 0; i < 100; i++) a.publish(told('x'), i);
        await a.close();
        await received.all;
        expect(received.messages).toHaveLength(100);
      });

      it('drops, refuses or answers null after close', async () => {
        await a.close();
        a.publish(told('x'), 1);
        expect(await a.request(asked('x'), 1, { timeoutMs: 5000 })).toBeNull();
        await a.jobs.enqueue('x');
        for (const refused of [
          a.subscribe(told('x'), () => {}),
          a.respond(asked('x'), () => {}),
          a.jobs.consume(async () => {}, { maxInFlight: 1 }),
        ]) {
          await expect(refused).rejects.toSatisfy((error) => AppError.is(error, 'UNAVAILABLE'));
        }
      });

      it('calls no handler after close', async () => {
        const received: unknown[] = [];
        await a.subscribe(told('x'), (message) => received.push(message));
        await a.close();
        b.publish(told('x'), 'late');
        if (b.state === 'connected') await settle(b, b, 'x');
        expect(received).toEqual([]);
      });
    });
  });
}
