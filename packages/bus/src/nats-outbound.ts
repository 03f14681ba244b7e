/** Counts the bytes written to one connection that the broker is not known to have read. */
export interface OutboundGuard {
  /** True when `bytes` more may be written; they then count until the broker answered a ping that was written after them. */
  take(bytes: number): boolean;
}

/** After how many written bytes the broker is asked again how far it has read. */
const askEveryBytes = 1024 * 1024;

/**
 * Bounds the bytes that gather in this process when a broker stops reading: such a connection looks well until the heartbeat notices.
 *
 * @param flush pings the broker; resolves with its answer, may reject or never settle when the connection ends
 */
export function createOutboundGuard(flush: () => Promise<void>, limitBytes: number): OutboundGuard {
  let written = 0;
  let asked = 0;
  let read = 0;
  let asking = false;

  function ask(): void {
    asking = true;
    asked = written;
    const mark = written;
    flush().then(
      () => {
        read = mark;
        asking = false;
        if (written - asked >= askEveryBytes) ask();
      },
      // The connection has ended, and this guard with it.
      () => {},
    );
  }

  return {
    take(bytes) {
      if (!asking && written - asked >= askEveryBytes) ask();
      if (written - read + bytes > limitBytes) {
        if (!asking) ask();
        return false;
      }
      written += bytes;
      return true;
    },
  };
}
