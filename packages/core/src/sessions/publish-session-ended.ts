import type { CoreDeps } from '../deps.js';
import { publishToUser } from '../protocol/publish-to-user.js';

/**
 * Tells every instance to close the sockets of a session, or all of the user's (null). Never throws; what the bus loses, the
 * sweep over live sockets finds.
 */
export function publishSessionEnded(deps: Pick<CoreDeps, 'bus' | 'log'>, userId: string, sessionId: string | null): void {
  publishToUser(deps, userId, { type: 'sessionEnded', sessionId });
}
