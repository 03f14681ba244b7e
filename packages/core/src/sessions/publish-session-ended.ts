import type { CoreDeps } from '../deps.js';
import { publishToUser } from '../protocol/publish-to-user.js';

/**
 * Tells every instance that serves the user to close the sockets of a session, or of all the user's sessions (null). Never throws. If
 * the bus loses this, the sweep over live sockets finds the sessions that ended.
 */
export function publishSessionEnded(deps: Pick<CoreDeps, 'bus' | 'log'>, userId: string, sessionId: string | null): void {
  publishToUser(deps, userId, { type: 'sessionEnded', sessionId });
}
