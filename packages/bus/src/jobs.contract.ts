import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { BusPair, ReportedError } from '../test/bus-pair.js';
import type { Bus } from './bus.js';

/** The promises of `JobQueue` in `bus.ts`; part of the contract of a bus. `pair` gives the buses of the test that runs. */
export function jobsContract(pair: () => BusPair & { errors: ReportedError[] }): void {
  describe('jobs', () => {
    let a: Bus;
    let b: Bus;
    let errors: ReportedError[];

    beforeEach(() => {
      ({ a, b, errors } = pair());
    });

    it('gives each entry to one consumer', async () => {
      const taken: string[] = [];
      for (const bus of [a, b, b]) await bus.jobs.consume(async (jobId) => void taken.push(jobId), { maxInFlight: 2 });
      const ids = Array.from({ length: 50 }, (_, i) => `job-${i}`);
      await Promise.all(ids.map((id) => a.jobs.enqueue(id)));
      await vi.waitFor(() => expect(taken.toSorted()).toEqual(ids.toSorted()));
    });

    it('keeps entries until somebody takes them', async () => {
      await a.jobs.enqueue('early');
      const taken = deferred<string>();
      await b.jobs.consume(async (jobId) => taken.resolve(jobId), { maxInFlight: 1 });
      expect(await taken.promise).toBe('early');
    });

    it('runs at most maxInFlight handlers of a consumer and leaves the rest to others', async () => {
      const gates: (() => void)[] = [];
      let running = 0;
      let most = 0;
      const block = async () => {
        most = Math.max(most, ++running);
        await new Promise<void>((resolve) => gates.push(resolve));
        running--;
      };
      const busy = await a.jobs.consume(block, { maxInFlight: 3 });
      await Promise.all(Array.from({ length: 5 }, (_, i) => b.jobs.enqueue(`slow-${i}`)));
      await vi.waitFor(() => expect(gates).toHaveLength(3));
      const left: string[] = [];
      const other = await b.jobs.consume(async (jobId) => void left.push(jobId), { maxInFlight: 1 });
      await vi.waitFor(() => expect(left).toHaveLength(2));
      other.unsubscribe();
      await Promise.all(Array.from({ length: 9 }, (_, i) => b.jobs.enqueue(`more-${i}`)));
      // Each handler that ends lets exactly one other handler start.
      for (let ended = 0; ended < 9; ended++) {
        gates.shift()!();
        await vi.waitFor(() => expect(gates).toHaveLength(3));
      }
      expect(most).toBe(3);
      busy.unsubscribe();
      for (const open of gates) open();
    });

    it('acknowledges an entry whose handler rejects or throws, reports it and goes on', async () => {
      const taken: string[] = [];
      await a.jobs.consume(
        async (jobId) => {
          taken.push(jobId);
          if (jobId === 'bad') throw new Error('cannot');
        },
        { maxInFlight: 1 },
      );
      for (const id of ['bad', 'good']) await b.jobs.enqueue(id);
      await vi.waitFor(() => expect(taken).toEqual(['bad', 'good']));
      expect(errors).toEqual([{ error: new Error('cannot'), context: { subject: 'jobs', operation: 'job' } }]);
    });

    it('starts no handler after unsubscribe, and leaves the entries to others', async () => {
      const ended: string[] = [];
      const consumer = await a.jobs.consume(async (jobId) => void ended.push(jobId), { maxInFlight: 1 });
      consumer.unsubscribe();
      consumer.unsubscribe();
      const taken: string[] = [];
      await b.jobs.enqueue('x');
      await b.jobs.consume(async (jobId) => void taken.push(jobId), { maxInFlight: 1 });
      await vi.waitFor(() => expect(taken).toEqual(['x']));
      expect(ended).toEqual([]);
    });

    it('gives back at once what was under way to a consumer that unsubscribed', async () => {
      const taken: string[] = [];
      const take = async (jobId: string) => void taken.push(jobId);
      const ids = Array.from({ length: 50 }, (_, i) => `job-${i}`);
      for (const id of ids) {
        const leaving = await a.jobs.consume(take, { maxInFlight: 1 });
        await b.jobs.enqueue(id);
        leaving.unsubscribe();
      }
      await b.jobs.consume(take, { maxInFlight: 1 });
      await vi.waitFor(() => expect(taken.toSorted()).toEqual(ids.toSorted()));
    });

    it('lets running handlers end after unsubscribe and acknowledges them', async () => {
      const started = deferred<void>();
      const gate = deferred<void>();
      const consumer = await a.jobs.consume(
        async () => {
          started.resolve();
          await gate.promise;
        },
        { maxInFlight: 1 },
      );
      await b.jobs.enqueue('running');
      await started.promise;
      consumer.unsubscribe();
      gate.resolve();
      const taken: string[] = [];
      await b.jobs.consume(async (jobId) => void taken.push(jobId), { maxInFlight: 1 });
      await b.jobs.enqueue('next');
      await vi.waitFor(() => expect(taken).toEqual(['next']));
    });

    it.each([0, -1, 1.5, Number.NaN])('refuses %j as maxInFlight', async (maxInFlight) => {
      await expect(a.jobs.consume(async () => {}, { maxInFlight })).rejects.toThrow(RangeError);
    });
  });
}

function deferred<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve!: (value: T) => void;
  const promise = new Promise<T>((done) => (resolve = done));
  return { promise, resolve };
}
