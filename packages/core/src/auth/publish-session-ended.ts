import { subjects, type UserPayload } from '@parley/contracts';
import type { CoreDeps } from '../deps.js';

/**
 * Tells every instance to close the sockets of a session, or all of the user's (null). Never throws; what the bus loses, the
 * sweep over live sockets finds.
 */
export function publishSessionEnded(deps: Pick<CoreDeps, 'bus' | 'log'>, userId: string, sessionId: string | null): void {
  const payload: UserPayload = { type: 'sessionEnded', sessionId };
  try {
    deps.bus.publish(subjects.user(userId), payload);
  } catch (error) {
    deps.log.error({ err: error, userId, sessionId }, 'could not publish the end of a session');
  }
}
