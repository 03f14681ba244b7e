import type { ActInRoom } from '@parley/core/messages/command-answer';
import type { Actor } from '@parley/core/sessions/actor';
import { provenActor, type Caller } from '../admit.js';
import { consumeLimits } from '../limits/consume-limits.js';
import type { ApiServices } from '../services.js';

/** Lets the commands of one send act in its room: each operation makes the checks that a call of its own would. */
export function actsOf(services: ApiServices, caller: Caller & { actor: Actor }, roomId: string): ActInRoom {
  return async (operation, fn, about) => {
    // The send itself was counted already.
    if (operation !== 'messages.send') {
      provenActor(operation, caller);
      await consumeLimits(services, operation, { ...caller, input: about });
    }
    return await services.rooms.run(caller.actor, roomId, operation, fn);
  };
}
