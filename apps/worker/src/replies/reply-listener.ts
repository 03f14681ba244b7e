import type { Bus, BusSubscription } from '@parley/bus';
import { subjects, type Snapshot, type StopPayload } from '@parley/contracts';

export interface ReplyListenerOptions {
  bus: Bus;
  messageId: string;
  attempt: number;
  /** The text that readers have been sent, or are about to be. */
  text: () => string;
  onStop: (userId: string) => void;
  onError: (error: unknown) => void;
}

/**
 * Hears on the bus what others want of a running reply: that it stops, and its text so far. Neither is waited for: while the bus is away
 * a stop is found at the next renewal of the lease, and readers get the text when it ends.
 */
export function listenForReply({ bus, messageId, attempt, text, onStop, onError }: ReplyListenerOptions): { close(): void } {
  let closed = false;
  const subscriptions: BusSubscription[] = [];
  const keep = (subscribing: Promise<BusSubscription>): void => {
    subscribing.then((subscription) => {
      if (closed) subscription.unsubscribe();
      else subscriptions.push(subscription);
    }, onError);
  };
  keep(
    bus.subscribe(subjects.replyStop(messageId), (payload) => {
      const stop = payload as StopPayload;
      // A stop of an earlier attempt was for text that is gone.
      if (!closed && stop.attempt === attempt) onStop(stop.stoppedBy);
    }),
  );
  keep(bus.respond(subjects.replySnapshot(messageId, attempt), (): Snapshot => ({ messageId, attempt, text: text() })));
  return {
    close() {
      closed = true;
      for (const subscription of subscriptions) subscription.unsubscribe();
    },
  };
}
