import { okOutput, presenceTypingInput, subjects, type RoomSignalPayload } from '@parley/contracts';
import { declared } from '../answers/declared.js';
import { procedure, router } from '../trpc.js';

export const presenceRouter = router({
  /** A signal that lasts for seconds; while one types on, it is repeated. Nothing is stored. */
  typing: procedure('presence.typing', presenceTypingInput)
    .output(declared(okOutput))
    .mutation(async ({ ctx, input: { roomId, typing } }) => {
      const { core, rooms } = ctx.services;
      return rooms.run(ctx.actor, roomId, 'presence.typing', async ({ actor }) => {
        const signal: RoomSignalPayload = { type: 'typing', userId: actor.userId, typing };
        core.bus.publish(subjects.roomSignals(roomId), signal);
        return { ok: true as const };
      });
    }),
});
