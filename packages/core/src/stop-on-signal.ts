import type { Log } from './deps.js';

export interface StopOnSignalOptions {
  log: Log;
  /** The longest that stopping may take, in milliseconds; then the process ends with code 1. */
  limitMs: number;
  /** @default process */
  target?: Pick<NodeJS.Process, 'on' | 'exit'>;
}

/**
 * Ends the process in order on SIGTERM or SIGINT: code 0 when all was brought to an end, 1 when that failed or took too long. A
 * second signal ends it at once. Call it before anything is opened: what is being started when the signal comes is started to its
 * end and then stopped, so that nothing is left half made, and a container's first process, for which the kernel has no default, obeys.
 *
 * @returns tells that everything is started, and how to stop it
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
