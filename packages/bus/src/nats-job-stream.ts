import { AckPolicy, DiscardPolicy, JetStreamApiError, jetstreamManager, RetentionPolicy, StorageType } from '@nats-io/jetstream';
import type { ConsumerConfig, StreamConfig } from '@nats-io/jetstream';
import { nanos } from '@nats-io/transport-node';
import type { NatsConnection } from '@nats-io/transport-node';
import { jobsSubject } from './message.js';

/** The stream that keeps the wake-ups, and the durable consumer that all workers pull from. */
export interface JobStream {
  readonly subject: string;
  /** The subject on which workers ask the consumer for entries. */
  readonly nextSubject: string;
  /** Makes stream and consumer as configured, where they are missing or differ. Calls on one connection share the work. */
  ensure(nc: NatsConnection, limitMs: number): Promise<void>;
}

/** The codes of "stream name already in use with a different configuration" and "consumer already exists" in nats-server's errors.json. */
const differs = new Set([10058, 10148]);

/** An entry that no worker took for so long is no use: the sweep has long found its job. */
const maxAgeMs = 60 * 60 * 1000;
const maxEntries = 100_000;
/** Limits on unacknowledged entries and on open pulls of all workers together: far above workers times their `maxInFlight`. */
const maxAckPending = 16_384;
const maxWaiting = 16_384;

export function createJobStream(settings: { env: string; ackWaitMs: number; maxDeliver: number }): JobStream {
  const name = `parley_${settings.env}_jobs`;
  const consumerName = 'workers';
  const subject = `parley.${settings.env}.${jobsSubject}`;
  const under = new WeakMap<NatsConnection, Promise<void>>();

  const streamConfig: Partial<StreamConfig> & { name: string } = {
    name,
    subjects: [subject],
    retention: RetentionPolicy.Workqueue,
    storage: StorageType.File,
    discard: DiscardPolicy.Old,
    max_msgs: maxEntries,
    max_age: nanos(maxAgeMs),
  };
  const consumerConfig: Partial<ConsumerConfig> = {
    durable_name: consumerName,
    ack_policy: AckPolicy.Explicit,
    ack_wait: nanos(settings.ackWaitMs),
    max_deliver: settings.maxDeliver,
    max_ack_pending: maxAckPending,
    max_waiting: maxWaiting,
  };

  async function make(nc: NatsConnection, limitMs: number): Promise<void> {
    const manager = await jetstreamManager(nc, { checkAPI: false, timeout: limitMs });
    try {
      await manager.streams.add({ ...streamConfig });
    } catch (error) {
      if (!(error instanceof JetStreamApiError) || !differs.has(error.code)) throw error;
      await manager.streams.update(name, { ...streamConfig });
    }
    try {
      await manager.consumers.add(name, { ...consumerConfig });
    } catch (error) {
      if (!(error instanceof JetStreamApiError) || !differs.has(error.code)) throw error;
      await manager.consumers.update(name, consumerName, { ...consumerConfig });
    }
  }

  return {
    subject,
    nextSubject: `$JS.API.CONSUMER.MSG.NEXT.${name}.${consumerName}`,
    ensure(nc, limitMs) {
      let making = under.get(nc);
      if (!making) {
        making = make(nc, limitMs).finally(() => under.delete(nc));
        under.set(nc, making);
      }
      return making;
    },
  };
}
