import type { Actor } from '@parley/core/sessions/actor';
import type { Context } from '../../../context.js';
import { liveSubscription } from '../../sockets/live-subscription.js';

/** Runs a subscription that was called through tRPC for as long as the caller's session lasts. */
export function liveCall<T>(
  { services, actor, socket }: Context & { actor: Actor },
  signal: AbortSignal | undefined,
  run: (signal: AbortSignal | undefined) => AsyncIterable<T>,
): AsyncGenerator<T, void, undefined> {
  return liveSubscription(services.live, { actor, connection: socket?.connection ?? null }, signal, run);
}
