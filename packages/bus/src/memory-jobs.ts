import { AppError } from '@parley/contracts';
import type { BusOptions, JobHandler, JobQueue } from './bus.js';
import { callHandler, checkMaxInFlight, createOutage, jobsSubject } from './message.js';

interface Consumer {
  handler: JobHandler;
  /** How many more handlers this consumer may start. */
  free: number;
}

/** The job queue of a single process: first in, first out, given to consumers in turn. */
export function createMemoryJobs(options: { onError: BusOptions['onError']; maxWaiting: number }): JobQueue & { close(): void } {
  const { onError, maxWaiting } = options;
  const full = createOutage(onError, { subject: jobsSubject, operation: 'enqueue' });
  const waiting = new Set<{ jobId: string }>();
  /** The consumer whose turn it is comes first. */
  let consumers: Consumer[] = [];
  let scheduled = false;
  let closed = false;

  /** Assigns entries later, so that a handler never runs inside `enqueue` or `consume`. */
  function schedule(): void {
    if (scheduled || closed) return;
    scheduled = true;
    queueMicrotask(() => {
      scheduled = false;
      assign();
    });
  }

  function assign(): void {
    for (const entry of waiting) {
      const consumer = consumers.find(({ free }) => free > 0);
      if (!consumer) return;
      waiting.delete(entry);
      consumers = [...consumers.filter((other) => other !== consumer), consumer];
      run(consumer, entry.jobId);
    }
  }

  function run(consumer: Consumer, jobId: string): void {
    consumer.free--;
    callHandler(
      async () => {
        try {
          await consumer.handler(jobId);
        } finally {
          consumer.free++;
          schedule();
        }
      },
      (error) => onError(error, { subject: jobsSubject, operation: 'job' }),
    );
  }

  return {
    async enqueue(jobId) {
      if (closed) return;
      if (waiting.size >= maxWaiting) {
        full.failed(new Error(`the job queue is full: ${maxWaiting} wake-ups wait for a worker`));
        return;
      }
      full.worked();
      waiting.add({ jobId });
      schedule();
    },

    async consume(handler, { maxInFlight }) {
      checkMaxInFlight(maxInFlight);
      if (closed) throw new AppError('UNAVAILABLE', 'The bus is closed.');
      const consumer: Consumer = { handler, free: maxInFlight };
      consumers = [...consumers, consumer];
      schedule();
      return {
        unsubscribe() {
          consumers = consumers.filter((other) => other !== consumer);
        },
      };
    },

    close() {
      closed = true;
      consumers = [];
      waiting.clear();
    },
  };
}
