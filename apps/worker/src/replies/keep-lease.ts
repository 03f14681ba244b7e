export interface LeaseKeeperOptions {
  /** Asks the database; rejects while it is away. */
  renew: () => Promise<{ held: boolean; stopRequestedBy: string | null }>;
  /** A third of the lease: two renewals may fail before it lapses. */
  intervalMs: number;
  /** Someone else has the reply, or it has ended: nothing this worker writes counts any more. Called once, and nothing after it. */
  onLost: () => void;
  /** The database says that someone asked to stop; the bus may have lost that. Called at each renewal that says so. */
  onStopRequested: (userId: string) => void;
  onError: (error: unknown) => void;
}

/**
 * Renews a lease until `stop()`. While the database is away it keeps asking: nobody else can claim the reply then, and should it have been
 * claimed by the time the answer comes, the answer says so and the fence has held.
 */
export function keepLease({ renew, intervalMs, onLost, onStopRequested, onError }: LeaseKeeperOptions): { stop(): void } {
  let stopped = false;
  let timer = setTimeout(renewNow, intervalMs);

  function renewNow(): void {
    renew().then(
      ({ held, stopRequestedBy }) => {
        if (stopped) return;
        if (!held) {
          stopped = true;
          onLost();
          return;
        }
        if (stopRequestedBy !== null) onStopRequested(stopRequestedBy);
        timer = setTimeout(renewNow, intervalMs);
      },
      (error: unknown) => {
        if (stopped) return;
        onError(error);
        timer = setTimeout(renewNow, intervalMs);
      },
    );
  }

  return {
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
}
