import { hooksCreateInput, hooksCreateOutput, hooksRemoveInput, hookViewSchema, maxHooks, okOutput, roomIdInput } from '@parley/contracts';
import { createHook } from '@parley/core/hooks/create-hook';
import { listHooks } from '@parley/core/hooks/list-hooks';
import { removeHook } from '@parley/core/hooks/remove-hook';
import { declared } from '../answers/declared.js';
import { procedure, router } from '../trpc.js';

export const hooksRouter = router({
  list: procedure('hooks.list', roomIdInput)
    .output(declared(hookViewSchema.array().max(maxHooks)))
    .query(({ ctx, input }) => ctx.services.rooms.run(ctx.actor, input.roomId, 'hooks.list', (room) => listHooks(ctx.services.core, room))),

  create: procedure('hooks.create', hooksCreateInput)
    .output(declared(hooksCreateOutput))
    .mutation(({ ctx: { services, actor }, input }) =>
      services.rooms.run(actor, input.roomId, 'hooks.create', async (room) => {
        const { hook, secret } = await createHook({ ...services.core, rooms: services.rooms }, room, input);
        return { ...hook, secret, url: `/api/hooks/${secret}` };
      }),
    ),

  remove: procedure('hooks.remove', hooksRemoveInput)
    .output(declared(okOutput))
    .mutation(({ ctx: { services, actor }, input }) =>
      services.rooms.run(actor, input.roomId, 'hooks.remove', async (room) => {
        await removeHook({ ...services.core, rooms: services.rooms }, room, input.hookId);
        return { ok: true as const };
      }),
    ),
});
