import type { Actor } from '@parley/core/sessions/actor';
import type { Context } from '../../../context.js';
import { failCall } from '../../../failed-call.js';
import { liveSubscription } from '../../sockets/live-subscription.js';

/** Runs a subscription that was called through tRPC for as long as the caller's session lasts. */
export async function* liveCall<T>(
  ctx: Context & { actor: Actor },
  signal: AbortSignal | undefined,
  run: (signal: AbortSignal | undefined) => AsyncIterable<T>,
): AsyncGenerator<T, void, undefined> {
  const { services, actor, socket } = ctx;
  try {
    yield* liveSubscription(services.live, { actor, connection: socket?.connection ?? null }, signal, run);
  } catch (error) {
    throw failCall(ctx, error);
  }
}
