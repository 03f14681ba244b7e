const repeatMs = 60_000;

export interface FailureReport {
  /** The connection broke or could not be made. */
  lost(error: Error): void;
  /** The connection stands. Returns true if it had been lost. */
  found(): boolean;
  /** A command failed although the connection stands. */
  refused(error: unknown): void;
}

/**
 * Turns the many errors of one outage into one report: while Redis is away, the client retries for ever and every call fails.
 *
 * @param options.where names the server in the message; the original error is the report's `cause`
 */
export function createFailureReport(options: {
  where: string;
  onError: (error: Error) => void;
  /** Milliseconds. @default Date.now */
  now?: () => number;
  /** Silence in this time from now on, in milliseconds, is not reported: the process starts. @default 0 */
  startMs?: number;
}): FailureReport {
  const { where, onError, now = Date.now, startMs = 0 } = options;
  const startedAt = now();
  /** True while the connection is lost by silence that was not reported: its close is the same failure. */
  let quietlyLost = false;
  const isQuiet = (error: unknown) => now() - startedAt < startMs && isSilence(error);
  const lostBy = new Set<string>();
  const refusedAt = new Map<string, number>();

  return {
    lost(error) {
      if (lostBy.size === 0 && isQuiet(error)) quietlyLost = true;
      if (quietlyLost && now() - startedAt < startMs && (isSilence(error) || isClose(error))) return;
      quietlyLost = false;
      const kind = kindOf(error);
      if (lostBy.has(kind)) return;
      lostBy.add(kind);
      onError(new Error(`Redis at ${where} is lost: ${reasonOf(error)}`, { cause: error }));
    },
    found() {
      const wasLost = lostBy.size > 0;
      quietlyLost = false;
      lostBy.clear();
      return wasLost;
    },
    refused(error) {
      if (isQuiet(error)) return;
      const kind = kindOf(error);
      if (now() - (refusedAt.get(kind) ?? -Infinity) < repeatMs) return;
      refusedAt.set(kind, now());
      onError(new Error(`Redis at ${where} failed a command: ${reasonOf(error)}`, { cause: error }));
    },
  };
}

/**
 * Names the kind of a failure. An error that the server answered starts with its code (`WRONGPASS`, `OOM`); every other error is of the
 * network, where one failure has many texts.
 */
function kindOf(error: unknown): string {
  return error instanceof Error && error.name === 'ReplyError' ? (error.message.split(' ', 1)[0] ?? '') : 'network';
}

/** True where no answer came in time, in the words of Node, of ioredis and of this package. */
function isSilence(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return (error as NodeJS.ErrnoException).code === 'ETIMEDOUT' || /ETIMEDOUT|\btimeout\b|did not answer within/i.test(error.message);
}

/** True for the end of a connection without a reason of its own. */
function isClose(error: unknown): boolean {
  return error instanceof Error && /connection (?:was|is) closed/i.test(error.message);
}

/** The reason in words. Node's error for a name with several addresses has a code and no message. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.message || String((error as NodeJS.ErrnoException).code ?? error.name);
}
