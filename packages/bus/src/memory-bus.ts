import { AppError, type RequestChannel } from '@parley/contracts';
import { currentCall, inCall, type Call } from './call-context.js';
import type { Bus, BusCounts, BusOptions, BusState, BusSubscription } from './bus.js';
import { createMemoryJobs } from './memory-jobs.js';
import { busSpans } from './bus-spans.js';
import {
  callHandler,
  checkEnv,
  checkSubject,
  createListeners,
  decodePayload,
  defaultBrokerLimitBytes,
  encodePayload,
  headerRoomBytes,
} from './message.js';

export interface MemoryBusOptions extends BusOptions {
  /** @default the limit of a NATS server with default settings, so that both shapes refuse the same messages */
  maxPayloadBytes?: number;
  /** Bytes of payload that may wait for delivery; beyond that `publish` drops. @default 67108864 */
  maxWaitingBytes?: number;
  /** Wake-ups that may wait for a worker; further ones are dropped, and the sweep finds the job. @default 100000 */
  maxWaitingJobs?: number;
}

interface Subscriber {
  active: boolean;
  receive(text: string, answer: Answer | null, call: Call | null): void;
}

type Answer = (text: string) => void;

interface Waiting {
  text: string;
  bytes: number;
  /** The subscribers at the moment when the message was published. */
  subscribers: readonly Subscriber[];
  answer: Answer | null;
  call: Call | null;
}

/** Messages delivered before other work of the process gets its turn. */
const deliveriesPerTurn = 256;

/**
 * The bus of a single process; every part of the process gets the same bus. Its transport cannot go away, so `state` is `connected`
 * until the bus is closed.
 */
export function createMemoryBus(options: MemoryBusOptions): Bus {
  const { onError, checkPayloads = false, tracer } = options;
  const spans = busSpans(tracer, 'memory');
  const maxPayloadBytes = options.maxPayloadBytes ?? defaultBrokerLimitBytes - headerRoomBytes;
  const maxWaitingBytes = options.maxWaitingBytes ?? 64 * 1024 * 1024;
  checkEnv(options.env);

  /** The arrays are replaced, never changed, so that a waiting message keeps the subscribers it was published to. */
  const subscribers = new Map<string, readonly Subscriber[]>();
  const stateListeners = createListeners<BusState>((error) => onError(error, { operation: 'state' }));
  const jobs = createMemoryJobs({ onError, maxWaiting: options.maxWaitingJobs ?? 100_000 });
  const pendingRequests = new Set<() => void>();
  /** First in, first out; `queue[head]` is the next message. */
  let queue: Waiting[] = [];
  const counts: BusCounts = { published: 0, received: 0, dropped: 0 };
  let head = 0;
  let waitingBytes = 0;
  let delivering = false;
  let onIdle: (() => void) | null = null;
  let closed = false;
  let closing: Promise<void> | null = null;

  function send(subject: string, payload: unknown, answer: Answer | null): 'sent' | 'dropped' | 'nobody' {
    checkSubject(subject);
    const text = encodePayload(payload);
    const bytes = Buffer.byteLength(text);
    if (closed || bytes > maxPayloadBytes || waitingBytes + bytes > maxWaitingBytes) {
      counts.dropped++;
      return 'dropped';
    }
    counts.published++;
    const receivers = subscribers.get(subject);
    if (!receivers) return 'nobody';
    queue.push({ text, bytes, subscribers: receivers, answer, call: currentCall() });
    waitingBytes += bytes;
    if (!delivering) {
      delivering = true;
      queueMicrotask(deliver);
    }
    return 'sent';
  }

  function deliver(): void {
    for (let count = 0; count < deliveriesPerTurn && head < queue.length; count++) {
      const message = queue[head++]!;
      waitingBytes -= message.bytes;
      for (const subscriber of message.subscribers) {
        if (!subscriber.active) continue;
        counts.received++;
        subscriber.receive(message.text, message.answer, message.call);
      }
    }
    if (head < queue.length) {
      if (head * 2 > queue.length) {
        queue = queue.slice(head);
        head = 0;
      }
      // Handlers that publish could keep this loop going for ever: let sockets and timers have their turn first.
      setImmediate(deliver);
      return;
    }
    queue = [];
    head = 0;
    delivering = false;
    onIdle?.();
  }

  function add(subject: string, receive: Subscriber['receive']): BusSubscription {
    checkSubject(subject);
    if (closed) throw new AppError('UNAVAILABLE', 'The bus is closed.');
    const subscriber: Subscriber = { active: true, receive };
    subscribers.set(subject, [...(subscribers.get(subject) ?? []), subscriber]);
    return {
      unsubscribe() {
        if (!subscriber.active) return;
        subscriber.active = false;
        const rest = (subscribers.get(subject) ?? []).filter((other) => other !== subscriber);
        if (rest.length > 0) subscribers.set(subject, rest);
        else subscribers.delete(subject);
      },
    };
  }

  return {
    jobs: {
      consume: (handler, limits) => jobs.consume(handler, limits),
      enqueue: (wakeUp) => spans.sent('jobs', () => jobs.enqueue(wakeUp)),
    },
    maxPayloadBytes,
    counts,

    get state() {
      return closed ? 'disconnected' : 'connected';
    },

    publish({ subject }, payload) {
      spans.sent(subject, () => send(subject, payload, null));
    },

    async subscribe({ subject, payload: schema }, handler) {
      return add(subject, (text, _answer, call) =>
        callHandler(
          () => inCall(call, () => spans.taken(subject, () => handler(decodePayload(text, schema, checkPayloads)))),
          (error) => onError(error, { subject, operation: 'subscribe' }),
        ),
      );
    },

    async request<Question, Answer>(
      { subject, answer: schema }: RequestChannel<Question, Answer>,
      question: Question,
      { timeoutMs }: { timeoutMs: number },
    ) {
      const ask = () =>
        new Promise<Answer | null>((resolve, reject) => {
          const settle = (answer: Answer | null) => {
            clearTimeout(timer);
            pendingRequests.delete(giveUp);
            resolve(answer);
          };
          const giveUp = () => settle(null);
          const receive = (text: string) => {
            try {
              settle(decodePayload(text, schema, checkPayloads));
            } catch (error) {
              onError(error, { subject, operation: 'request' });
              giveUp();
            }
          };
          const timer = setTimeout(giveUp, timeoutMs);
          pendingRequests.add(giveUp);
          try {
            if (send(subject, question, (text) => queueMicrotask(() => receive(text))) !== 'sent') giveUp();
          } catch (error) {
            clearTimeout(timer);
            pendingRequests.delete(giveUp);
            reject(error);
          }
        });
      return spans.asked(subject, ask);
    },

    async respond({ subject, payload: schema }, responder) {
      const report = (error: unknown) => onError(error, { subject, operation: 'respond' });
      return add(subject, (question, answer, call) => {
        if (!answer) return;
        callHandler(async () => {
          const text = encodePayload(
            await inCall(call, () => spans.taken(subject, () => responder(decodePayload(question, schema, checkPayloads)))),
          );
          if (Buffer.byteLength(text) > maxPayloadBytes) throw new RangeError(`an answer of more than ${maxPayloadBytes} bytes`);
          answer(text);
        }, report);
      });
    },

    onStateChange: (listener) => stateListeners.add(listener),

    close() {
      closed = true;
      closing ??= end();
      return closing;
    },
  };

  async function end(): Promise<void> {
    jobs.close();
    if (delivering) await new Promise<void>((resolve) => (onIdle = resolve));
    for (const list of subscribers.values()) for (const subscriber of list) subscriber.active = false;
    subscribers.clear();
    for (const giveUp of pendingRequests) giveUp();
    stateListeners.emit('disconnected');
    stateListeners.clear();
  }
}
