import { channels, type UserPayload } from '@parley/contracts';
import type { CoreDeps } from '../deps.js';

/**
 * Tells every instance that serves a person something about that person. Never throws; a receiver that must not miss anything compares
 * with the database.
 */
export function publishToUser(deps: Pick<CoreDeps, 'bus' | 'log'>, userId: string, payload: UserPayload): void {
  try {
    deps.bus.publish(channels.user(userId), payload);
  } catch (error) {
    deps.log.error({ err: error, userId, type: payload.type }, 'could not publish to a person');
  }
}
