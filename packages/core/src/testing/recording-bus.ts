import type { Bus, BusSubscription } from '@parley/bus';

export interface PublishedMessage {
  subject: string;
  /** A copy, as the wire would make it. */
  payload: unknown;
}

/** A bus that delivers nothing and remembers what it was given: for tests of who publishes what. */
export class RecordingBus implements Bus {
  readonly published: PublishedMessage[] = [];
  /** Jobs enqueued, in order. */
  readonly enqueued: string[] = [];
  maxPayloadBytes = 1_000_000;
  readonly state = 'connected';
  readonly jobs = {
    enqueue: (jobId: string): Promise<boolean> => {
      this.enqueued.push(jobId);
      return Promise.resolve(true);
    },
    consume: (): Promise<BusSubscription> => Promise.resolve(noSubscription),
  };

  publish(subject: string, payload: unknown): boolean {
    const text = JSON.stringify(payload);
    if (Buffer.byteLength(text) > this.maxPayloadBytes) return false;
    this.published.push({ subject, payload: JSON.parse(text) as unknown });
    return true;
  }

  /** Payloads published on one subject, in order. The type is the caller's claim. */
  on<T>(subject: string): T[] {
    return this.published.filter((message) => message.subject === subject).map((message) => message.payload as T);
  }

  clear(): void {
    this.published.length = 0;
    this.enqueued.length = 0;
  }

  subscribe(): Promise<BusSubscription> {
    return Promise.resolve(noSubscription);
  }

  request(): Promise<unknown> {
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
