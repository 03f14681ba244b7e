import type { Bus, BusSubscription } from '@parley/bus';
import { channels } from '@parley/contracts';

export interface ReplyListenerOptions {
  bus: Bus;
  messageId: string;
  attempt: number;
  /** The text that readers have been sent, or are about to be. */
  text: () => string;
  onStop: (userId: string) => void;
  /** Called once stops are heard. A stop that was ordered before is in the database only. */
  onListening?: () => void;
  onError: (error: unknown) => void;
  /** How soon to subscribe again where the bus was away, in milliseconds. @default 1000 */
  retryMs?: number;
}

/**
 * Listens on the bus for what others want of a running reply: that it stops, or its text so far. The reply does not wait for the bus:
 * while the bus is away, the next renewal of the lease finds a stop, and readers get the text once the bus is back, or when the reply
 * ends.
 */
export function listenForReply(options: ReplyListenerOptions): { close(): void } {
  const { bus, messageId, attempt, text, onStop, onListening, onError, retryMs = 1000 } = options;
  let closed = false;
  const subscriptions: BusSubscription[] = [];
  const timers = new Set<NodeJS.Timeout>();
  const keep = (subscribe: () => Promise<BusSubscription>, onKept?: () => void): void => {
    subscribe().then(
      (subscription) => {
        if (closed) {
          subscription.unsubscribe();
          return;
        }
        subscriptions.push(subscription);
        onKept?.();
      },
      (error: unknown) => {
        if (closed) return;
        onError(error);
        const timer = setTimeout(() => {
          timers.delete(timer);
          keep(subscribe, onKept);
        }, retryMs);
        timers.add(timer);
      },
    );
  };
  keep(
    () =>
      bus.subscribe(channels.replyStop(messageId), (stop) => {
        // Ignore a stop of an earlier attempt: it was meant for text that is gone.
        if (!closed && stop.attempt === attempt) onStop(stop.stoppedBy);
      }),
    onListening,
  );
  keep(() => bus.respond(channels.replySnapshot(messageId, attempt), () => ({ messageId, attempt, text: text() })));
  return {
    close() {
      closed = true;
      for (const timer of timers) clearTimeout(timer);
      for (const subscription of subscriptions) subscription.unsubscribe();
    },
  };
}
