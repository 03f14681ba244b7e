export interface LeaseKeeperOptions {
  /** Renews the lease in the database; rejects while the database is away. */
  renew: () => Promise<{ fenced: boolean; stopRequestedBy: string | null }>;
  /** A third of the lease, so that two renewals may fail before the lease lapses. */
  intervalMs: number;
  /** Another attempt began or the job has ended: nothing that this worker writes counts any more. Called once; no other call follows. */
  onFenced: () => void;
  /** The database says that someone asked to stop; the bus may have lost that order. Called at each renewal that says so. */
  onStopRequested: (userId: string) => void;
  onError: (error: unknown) => void;
}

export interface LeaseKeeper {
  /** Renews at once, or right after a renewal that is under way, to find a stop that may have been ordered a moment ago. */
  renewNow(): void;
  stop(): void;
}

/**
 * Renews a lease until `stop()`. It goes on trying while the database is away, because nobody else can claim the job then. If another
 * worker has claimed the job by the time an answer comes, the answer says so, and the fence has kept this worker from writing.
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
