import { okOutput, presenceTypingInput, channels } from '@parley/contracts';
import { declared } from '../answers/declared.js';
import { procedure, router } from '../trpc.js';

export const presenceRouter = router({
  /** Shows for seconds that the caller is typing; the client repeats it while they type on. Nothing is stored. */
  typing: procedure('presence.typing', presenceTypingInput)
    .output(declared(okOutput))
    .mutation(async ({ ctx, input: { roomId, typing } }) => {
      const { core, rooms } = ctx.services;
      return rooms.run(ctx.actor, roomId, 'presence.typing', async ({ actor }) => {
        core.bus.publish(channels.roomSignals(roomId), { type: 'typing', userId: actor.userId, typing });
        return { ok: true as const };
      });
    }),
});
