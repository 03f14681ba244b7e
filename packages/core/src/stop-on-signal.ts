import type { Log } from './deps.js';

export interface StopOnSignalOptions {
  log: Log;
  /** The longest that stopping may take, in milliseconds; then the process ends with code 1. */
  limitMs: number;
  /** @default process */
  target?: Pick<NodeJS.Process, 'on' | 'exit'>;
}

/**
 * Stops the process in order on SIGTERM or SIGINT, and ends it with code 0, or with code 1 if stopping failed or took too long. A second
 * signal ends the process at once.
 *
 * Call this before anything is opened. If a signal comes while the process starts, it starts to the end and then stops, so that nothing
 * is left half made. The kernel has no default action for a container's first process: without these handlers that process would ignore
 * the signals.
 *
 * @returns a function to call when everything has started; it takes the function that stops everything
 */
export function stopOnSignal({ log, limitMs, target = process }: StopOnSignalOptions): (stop: () => Promise<void>) => void {
  let stop: (() => Promise<void>) | null = null;
  let signalled = false;

  function begin(stopNow: () => Promise<void>): void {
    stopNow().then(
      () => {
        log.info({}, 'stopped');
        target.exit(0);
      },
      (error: unknown) => {
        log.error({ err: error }, 'could not stop cleanly');
        target.exit(1);
      },
    );
  }

  function onSignal(signal: NodeJS.Signals): void {
    if (signalled) target.exit(1);
    signalled = true;
    log.info({ signal }, stop ? 'stopping' : 'stopping as soon as it has started');
    setTimeout(() => {
      log.error({ limitMs }, 'stopping took too long');
      target.exit(1);
    }, limitMs).unref();
    if (stop) begin(stop);
  }

  target.on('SIGTERM', onSignal);
  target.on('SIGINT', onSignal);
  return (given) => {
    stop = given;
    if (signalled) begin(given);
  };
}
