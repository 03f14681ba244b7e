import { jetstream } from '@nats-io/jetstream';
import { AppError } from '@parley/contracts';
import type { ErrorReporter, JobQueue } from './bus.js';
import { checkMaxInFlight, createOutage, jobsSubject } from './message.js';
import type { NatsLine } from './nats-line.js';
import { createNatsJobConsumer } from './nats-job-consumer.js';
import type { NatsJobConsumer } from './nats-job-consumer.js';
import { createJobStream } from './nats-job-stream.js';

export interface NatsJobsSettings {
  env: string;
  onError: ErrorReporter;
  ackWaitMs: number;
  maxDeliver: number;
  enqueueTimeoutMs: number;
}

/** Wake-ups being added at once; further ones are dropped, because a slow broker would make them gather here. */
const maxPendingEnqueues = 1000;

/** The job queue as a JetStream stream with work-queue retention. Whoever finds the stream missing makes it. */
export function createNatsJobs(line: NatsLine, settings: NatsJobsSettings): JobQueue & { close(): void } {
  const { onError, enqueueTimeoutMs } = settings;
  const stream = createJobStream(settings);
  const outage = createOutage(onError, { subject: jobsSubject, operation: 'enqueue' });
  const consumers = new Set<NatsJobConsumer>();
  let pending = 0;
  let closed = false;

  /** @returns false if the line is down or full */
  async function add(jobId: string, deadline: number): Promise<boolean> {
    const { connection } = line;
    // Report nothing: the line has already reported that the connection is lost.
    if (!connection || line.state !== 'connected') return false;
    const payload = Buffer.from(jobId);
    if (!connection.mayWrite(payload.length)) return false;
    const publish = () => jetstream(connection.nc).publish(stream.subject, payload, { timeout: Math.max(1, deadline - performance.now()) });
    try {
      await publish();
    } catch (error) {
      if (error instanceof Error && error.name === 'TimeoutError') throw error;
      // The stream is missing: JetStream is new, or lost its data.
      await stream.ensure(connection.nc, Math.max(1, deadline - performance.now()));
      await publish();
    }
    return true;
  }

  return {
    async enqueue(jobId) {
      if (closed || pending >= maxPendingEnqueues) return;
      pending++;
      try {
        if (await add(jobId, performance.now() + enqueueTimeoutMs)) outage.worked();
      } catch (error) {
        if (line.state === 'connected') outage.failed(error);
      } finally {
        pending--;
      }
    },

    async consume(handler, { maxInFlight }) {
      checkMaxInFlight(maxInFlight);
      if (closed) throw new AppError('UNAVAILABLE', 'The bus is closed.');
      const consumer = createNatsJobConsumer(line, stream, { handler, maxInFlight, ackWaitMs: settings.ackWaitMs, onError });
      consumers.add(consumer);
      await consumer.started;
      return {
        unsubscribe() {
          consumers.delete(consumer);
          consumer.stop();
        },
      };
    },

    close() {
      closed = true;
      for (const consumer of consumers) consumer.stop();
      consumers.clear();
    },
  };
}
