/** Hears how far a backup, a restore or a move is. */
export interface Progress {
  /** @param total null where it is not known */
  at(what: string, done: number, total: number | null): void;
}

/** Says how far the work is, at most every so often. @param write is given a line without its end */
export function sayProgress(write: (line: string) => void, everyMs = 2_000, now: () => number = () => performance.now()): Progress {
  let last = now();
  return {
    at(what, done, total) {
      if (now() - last < everyMs) return;
      last = now();
      write(`${what}: ${done}${total === null ? '' : ` of ${total}`} rows`);
    },
  };
}
