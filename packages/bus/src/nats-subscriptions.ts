import { AppError } from '@parley/contracts';
import type { Subscription } from '@nats-io/transport-node';
import type { Call } from './call-context.js';
import { callOfHeaders } from './call-headers.js';
import type { BusSubscription } from './bus.js';
import type { Connection } from './nats-connection.js';
import type { Attachment, NatsLine } from './nats-line.js';

/** A message as it came. `reply` is empty unless an answer is wanted. */
export type Receive = (text: string, reply: string, call: Call | null) => void;

interface Handler {
  active: boolean;
  receive: Receive;
}

/** One subscription at the broker, shared by all handlers of a subject in this process. */
interface Entry {
  /** Replaced, never changed: a message goes to those who were there when it came. */
  handlers: readonly Handler[];
  sub: Subscription | null;
  /** The connection on which the broker has confirmed it. */
  confirmedOn: Connection | null;
  /** Why the broker refused it, on the present connection. */
  refused: Error | null;
}

/** What this process listens to, by full subject. It outlives connections: each new one gets all of it. */
export interface NatsSubscriptions extends Attachment {
  /** As `subscribe` in `bus.ts`, without its checks. */
  add(line: NatsLine, subject: string, receive: Receive, limitMs: number): Promise<BusSubscription>;
  clear(): void;
}

export function createNatsSubscriptions(): NatsSubscriptions {
  const entries = new Map<string, Entry>();
  let version = 0;

  function put(connection: Connection, subject: string, entry: Entry): void {
    version++;
    entry.refused = null;
    entry.sub = connection.nc.subscribe(subject, {
      callback(error, message) {
        if (error) {
          // The broker ended it; the connection's error watch tells the log.
          entry.refused = error;
          entry.sub = null;
          return;
        }
        const text = message.string();
        const call = callOfHeaders(message.headers);
        for (const handler of entry.handlers) if (handler.active) handler.receive(text, message.reply ?? '', call);
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
      // Also on a connection that is not announced yet: that waits for this one, see `version`.
      if (connection && (!entry.sub || entry.sub.isClosed())) put(connection, subject, entry);
      const shared = entry;
      const subscription = { unsubscribe: () => remove(subject, shared, handler) };
      if (!connection || line.state !== 'connected' || shared.confirmedOn === connection) return subscription;
      try {
        await connection.confirm(limitMs);
        if (shared.refused && line.connection === connection) throw shared.refused;
        shared.confirmedOn = connection;
      } catch (cause) {
        // A connection lost meanwhile is no failure: the next one brings the subscription, before it is announced.
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
