import type { IncomingMessage } from 'node:http';

/** How long the rest of a refused body is read and thrown away, in milliseconds. */
const discardMs = 10_000;

/**
 * Goes on reading a refused body and throws it away, until the peer has the answer: a peer whose connection closes while it sends may
 * never see the answer. After {@link discardMs} the connection is cut.
 */
export function discardRest(request: IncomingMessage): void {
  if (request.complete || request.destroyed) return;
  const cut = setTimeout(() => request.socket.destroy(), discardMs).unref();
  request.once('close', () => clearTimeout(cut)).resume();
}
