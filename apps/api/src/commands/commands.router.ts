import { commands, commandViewSchema, roomIdInput } from '@parley/contracts';
import { declared } from '../answers/declared.js';
import { procedure, router } from '../trpc.js';

export const commandsRouter = router({
  list: procedure('commands.list', roomIdInput)
    .output(declared(commandViewSchema.array()))
    .query(({ ctx, input }) => ctx.services.rooms.run(ctx.actor, input.roomId, 'commands.list', async () => [...commands])),
});
