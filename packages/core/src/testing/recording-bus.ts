import { currentCall, type Bus, type BusSubscription, type Call } from '@parley/bus';
import type { FanOutChannel } from '@parley/contracts';

export interface PublishedMessage {
  subject: string;
  /** A copy, as the wire would make it. */
  payload: unknown;
}

/** A bus that delivers nothing and remembers what it was given, for tests of who publishes what. */
export class RecordingBus implements Bus {
  readonly published: PublishedMessage[] = [];
  /** The call that each of `published` was published for, in the same order. */
  readonly publishedFor: (Call | null)[] = [];
  /** Jobs enqueued, in order. */
  readonly enqueued: string[] = [];
  maxPayloadBytes = 1_000_000;
  readonly state = 'connected';
  readonly counts = { published: 0, received: 0, dropped: 0 };
  readonly jobs = {
    enqueue: (jobId: string): Promise<void> => {
      this.enqueued.push(jobId);
      return Promise.resolve();
    },
    consume: (): Promise<BusSubscription> => Promise.resolve(noSubscription),
  };

  publish<Payload>({ subject }: FanOutChannel<Payload>, payload: Payload): void {
    const text = JSON.stringify(payload);
    if (Buffer.byteLength(text) > this.maxPayloadBytes) return;
    this.published.push({ subject, payload: JSON.parse(text) as unknown });
    this.publishedFor.push(currentCall());
  }

  /** Payloads published on one channel, in order. @throws TypeError for a payload that the channel does not declare */
  on<Payload>(channel: FanOutChannel<Payload>): Payload[] {
    return this.published
      .filter(({ subject }) => subject === channel.subject)
      .map(({ payload }) => {
        if (!isDeclared(channel, payload)) throw new TypeError(`not what ${channel.subject} declares: ${JSON.stringify(payload)}`);
        return payload;
      });
  }

  clear(): void {
    this.published.length = 0;
    this.publishedFor.length = 0;
    this.enqueued.length = 0;
  }

  subscribe(): Promise<BusSubscription> {
    return Promise.resolve(noSubscription);
  }

  request(): Promise<null> {
    return Promise.resolve(null);
  }

  respond(): Promise<BusSubscription> {
    return Promise.resolve(noSubscription);
  }

  onStateChange(): () => void {
    return () => {};
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

const noSubscription: BusSubscription = { unsubscribe() {} };

function isDeclared<Payload>(channel: FanOutChannel<Payload>, payload: unknown): payload is Payload {
  return channel.payload.safeParse(payload).success;
}
