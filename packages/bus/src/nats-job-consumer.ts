import { createInbox, nanos } from '@nats-io/transport-node';
import type { Msg, Subscription } from '@nats-io/transport-node';
import { backoffMs } from '@parley/contracts';
import type { ErrorReporter, JobHandler } from './bus.js';
import { callHandler, createOutage, jobsSubject } from './message.js';
import type { Connection } from './nats-connection.js';
import type { JobStream } from './nats-job-stream.js';
import { sleep } from './nats-line.js';
import type { NatsLine } from './nats-line.js';

export interface NatsJobConsumer {
  /** Resolves when entries are being taken, or the first attempt at that has failed; never rejects. */
  readonly started: Promise<void>;
  /** No handler starts after this; those that run go on. Idempotent. */
  stop(): void;
}

interface ConsumerSettings {
  handler: JobHandler;
  maxInFlight: number;
  ackWaitMs: number;
  onError: ErrorReporter;
}

/** Pulls on one connection. The next connection, or the next attempt after a failure, gets a new session with a new inbox. */
interface Session {
  connection: Connection;
  inbox: string;
  sub: Subscription;
  /** When each unanswered pull was sent, oldest first; the server answers pulls in that order. */
  pulls: number[];
  ended: (error: unknown) => void;
}

/** How long the server keeps a pull open before it answers "nothing came". */
const pullExpiresMs = 20_000;
/** A pull without any answer for so long was lost, with the server that had it. */
const pullLostMs = pullExpiresMs + 5000;
const setupLimitMs = 2000;
const firstRetryMs = 100;
const lastRetryMs = 5000;

/**
 * Pulls from the durable consumer, with one open pull for each handler that may start, so that no entry is held here while another
 * worker is free. (The client's own `consume` reads ahead by up to `max_messages` beyond the entries being handled.)
 *
 * After anything unexpected, it makes stream and consumer anew where missing, and starts pulling again, with growing waits.
 */
export function createNatsJobConsumer(line: NatsLine, stream: JobStream, settings: ConsumerSettings): NatsJobConsumer {
  const { handler, maxInFlight, ackWaitMs, onError } = settings;
  const outage = createOutage(onError, { subject: jobsSubject, operation: 'consume' });
  const stopped = new AbortController();
  let session: Session | null = null;
  let inFlight = 0;
  /** Sessions in a row that ended soon, before any entry came. */
  let failures = 0;

  /** Keeps a session going on this connection until it ends. */
  async function serve(connection: Connection, started: () => void): Promise<void> {
    const over = () => stopped.signal.aborted || line.connection !== connection;
    while (!over()) {
      let failure: unknown;
      try {
        await stream.ensure(connection.nc, setupLimitMs);
        if (over()) return;
        const end = openSession(connection);
        await connection.confirm(setupLimitMs);
        started();
        const since = performance.now();
        const reason = await Promise.race([end, connection.ended, aborted(stopped.signal)]);
        if (performance.now() - since > lastRetryMs) failures = 0;
        if (over()) return;
        // Report a deleted consumer or a change of leader only if starting over did not help.
        if (failures > 0) failure = reason;
      } catch (error) {
        if (over()) return;
        failure = error;
      } finally {
        closeSession();
        started();
      }
      // On a lost connection everything fails, perhaps before the loss is noticed. The line reports the loss, so do not report it here too.
      const lost = failure !== undefined && !(await answers(connection));
      if (over()) return;
      if (failure !== undefined && !lost) outage.failed(failure);
      await sleep(backoffMs(failures++, { firstMs: firstRetryMs, maxMs: lastRetryMs }), stopped.signal);
    }
  }

  /** @returns a promise of the reason why the session is of no more use */
  function openSession(connection: Connection): Promise<unknown> {
    return new Promise((resolve) => {
      const inbox = createInbox();
      const opened: Session = {
        connection,
        inbox,
        pulls: [],
        ended: resolve,
        sub: connection.nc.subscribe(inbox, {
          callback(error, message) {
            if (error) resolve(error);
            else if (message.subject === inbox) onStatus(opened, message);
            else onEntry(opened, message);
          },
        }),
      };
      session = opened;
      const watch = setInterval(() => {
        const oldest = opened.pulls[0];
        if (oldest !== undefined && performance.now() - oldest > pullLostMs) resolve(new Error('the job queue does not answer'));
      }, pullLostMs / 5);
      void opened.sub.closed.then(() => clearInterval(watch));
      pull();
    });
  }

  function closeSession(): void {
    if (!session) return;
    const { sub, connection } = session;
    session = null;
    // Unlike `unsubscribe`, `drain` still receives entries that are under way, and `onEntry` gives them back at once.
    if (!connection.nc.isClosed() && !sub.isClosed()) void sub.drain().catch(() => {});
  }

  function pull(): void {
    if (!session || session.connection.nc.isClosed()) return;
    while (inFlight + session.pulls.length < maxInFlight) {
      session.pulls.push(performance.now());
      const body = JSON.stringify({ batch: 1, expires: nanos(pullExpiresMs) });
      session.connection.nc.publish(stream.nextSubject, body, { reply: session.inbox });
    }
  }

  /** Handles an answer to a pull that is no entry. 408 means "nothing came"; any other code means that something changed at the server. */
  function onStatus(of: Session, message: Msg): void {
    const code = message.headers?.code ?? 0;
    if (code === 100) return;
    const sentAt = of.pulls.shift();
    const early = sentAt === undefined || performance.now() - sentAt < pullExpiresMs / 2;
    if (code === 408 && !early) pull();
    else of.ended(new Error(`the job queue answered ${code} ${message.headers?.description ?? ''}`.trim()));
  }

  function onEntry(of: Session, message: Msg): void {
    of.pulls.shift();
    if (session !== of || stopped.signal.aborted) {
      answer(message, '-NAK');
      return;
    }
    failures = 0;
    outage.worked();
    run(message);
  }

  function run(message: Msg): void {
    inFlight++;
    // Tell the server that the handler still works: it then waits another ack wait.
    const working = setInterval(() => answer(message, '+WPI'), ackWaitMs / 2);
    callHandler(
      async () => {
        try {
          await handler(message.string());
        } finally {
          clearInterval(working);
          inFlight--;
          answer(message, '+ACK');
          pull();
        }
      },
      (error) => onError(error, { subject: jobsSubject, operation: 'job' }),
    );
  }

  /**
   * Answers on the present connection, which need not be the one that the entry came by. An answer that cannot be sent costs a second
   * delivery.
   */
  function answer(message: Msg, text: '+ACK' | '-NAK' | '+WPI'): void {
    const nc = line.connection?.nc;
    if (message.reply && nc && !nc.isClosed()) nc.publish(message.reply, text);
  }

  let started!: () => void;
  const whenStarted = new Promise<void>((resolve) => (started = resolve));

  function onState(): void {
    const { connection } = line;
    if (line.state === 'connected' && connection) void serve(connection, started);
    else started();
  }

  const removeListener = line.onStateChange(onState);
  onState();

  return {
    started: whenStarted,
    stop() {
      if (stopped.signal.aborted) return;
      removeListener();
      stopped.abort();
      closeSession();
    },
  };
}

async function answers(connection: Connection): Promise<boolean> {
  try {
    await connection.confirm(setupLimitMs);
    return true;
  } catch {
    return false;
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
