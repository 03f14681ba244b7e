export interface LeaseKeeperOptions {
  /** Asks the database; rejects while it is away. */
  renew: () => Promise<{ fenced: boolean; stopRequestedBy: string | null }>;
  /** A third of the lease: two renewals may fail before it lapses. */
  intervalMs: number;
  /** Another attempt began or the job has ended: nothing this worker writes counts any more. Called once, and nothing after it. */
  onFenced: () => void;
  /** The database says that someone asked to stop; the bus may have lost that. Called at each renewal that says so. */
  onStopRequested: (userId: string) => void;
  onError: (error: unknown) => void;
}

export interface LeaseKeeper {
  /** Asks at once, or once more where it is asking already: for what may have been ordered a moment ago. */
  renewNow(): void;
  stop(): void;
}

/**
 * Renews a lease until `stop()`. While the database is away it keeps asking: nobody else can claim the job then. If somebody claimed it
 * by the time the answer comes, the answer says so, and the fence has held.
 */
export function keepLease({ renew, intervalMs, onFenced, onStopRequested, onError }: LeaseKeeperOptions): LeaseKeeper {
  let stopped = false;
  let asking = false;
  let askAgain = false;
  let timer = setTimeout(renewNow, intervalMs);

  function goOn(): void {
    asking = false;
    timer = setTimeout(renewNow, askAgain ? 0 : intervalMs);
    askAgain = false;
  }

  function renewNow(): void {
    asking = true;
    renew().then(
      ({ fenced, stopRequestedBy }) => {
        if (stopped) return;
        if (fenced) {
          stopped = true;
          onFenced();
          return;
        }
        if (stopRequestedBy !== null) onStopRequested(stopRequestedBy);
        goOn();
      },
      (error: unknown) => {
        if (stopped) return;
        onError(error);
        goOn();
      },
    );
  }

  return {
    renewNow() {
      askAgain = asking;
      if (stopped || asking) return;
      clearTimeout(timer);
      renewNow();
    },
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
}
