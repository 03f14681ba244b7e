import { AppError } from '@parley/contracts';
import type { Subscription } from '@nats-io/transport-node';
import type { Call } from './call-context.js';
import { callOfHeaders } from './call-headers.js';
import type { BusCounts, BusSubscription } from './bus.js';
import type { Connection } from './nats-connection.js';
import type { Attachment, NatsLine } from './nats-line.js';

/** Takes a message as it came. `reply` is empty unless the sender wants an answer. */
export type Receive = (text: string, reply: string, call: Call | null) => void;

interface Handler {
  active: boolean;
  receive: Receive;
}

/** One subscription at the broker, shared by all handlers of a subject in this process. */
interface Entry {
  /** The array is replaced, never changed: a message goes to the handlers that were there when it came. */
  handlers: readonly Handler[];
  sub: Subscription | null;
  /** The connection on which the broker has confirmed this subscription. */
  confirmedOn: Connection | null;
  /** Why the broker refused the subscription on the present connection; null if it did not. */
  refused: Error | null;
}

/** The subscriptions of this process, by full subject. They outlive connections: each new connection gets all of them. */
export interface NatsSubscriptions extends Attachment {
  /** Does what `subscribe` in `bus.ts` does, without its checks. */
  add(line: NatsLine, subject: string, receive: Receive, limitMs: number): Promise<BusSubscription>;
  clear(): void;
}

/** @param counts whose `received` is counted up */
export function createNatsSubscriptions(counts: BusCounts): NatsSubscriptions {
  const entries = new Map<string, Entry>();
  let version = 0;

  function put(connection: Connection, subject: string, entry: Entry): void {
    version++;
    entry.refused = null;
    entry.sub = connection.nc.subscribe(subject, {
      callback(error, message) {
        if (error) {
          // The broker ended the subscription. `watchErrors` of the connection reports it.
          entry.refused = error;
          entry.sub = null;
          return;
        }
        const text = message.string();
        const call = callOfHeaders(message.headers);
        for (const handler of entry.handlers) {
          if (!handler.active) continue;
          counts.received++;
          handler.receive(text, message.reply ?? '', call);
        }
      },
    });
  }

  function remove(subject: string, entry: Entry, handler: Handler): void {
    if (!handler.active) return;
    handler.active = false;
    entry.handlers = entry.handlers.filter((other) => other !== handler);
    if (entry.handlers.length > 0) return;
    entry.sub?.unsubscribe();
    entries.delete(subject);
  }

  return {
    get version() {
      return version;
    },

    attach(connection) {
      for (const [subject, entry] of entries) put(connection, subject, entry);
    },

    async add(line, subject, receive, limitMs) {
      const handler: Handler = { active: true, receive };
      let entry = entries.get(subject);
      if (!entry) {
        entry = { handlers: [], sub: null, confirmedOn: null, refused: null };
        entries.set(subject, entry);
      }
      entry.handlers = [...entry.handlers, handler];
      const { connection } = line;
      // Also subscribe on a connection that is not announced yet: its announcement waits for this, see `version`.
      if (connection && (!entry.sub || entry.sub.isClosed())) put(connection, subject, entry);
      const shared = entry;
      const subscription = { unsubscribe: () => remove(subject, shared, handler) };
      if (!connection || line.state !== 'connected' || shared.confirmedOn === connection) return subscription;
      try {
        await connection.confirm(limitMs);
        if (shared.refused && line.connection === connection) throw shared.refused;
        shared.confirmedOn = connection;
      } catch (cause) {
        // A connection lost meanwhile is no failure: the next connection gets the subscription before it is announced.
        if (line.connection !== connection) return subscription;
        subscription.unsubscribe();
        throw new AppError('UNAVAILABLE', `NATS did not take the subscription to ${subject}.`, { cause });
      }
      return subscription;
    },

    clear() {
      for (const entry of entries.values()) {
        for (const handler of entry.handlers) handler.active = false;
        entry.sub?.unsubscribe();
      }
      entries.clear();
    },
  };
}
