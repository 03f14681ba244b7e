import { commands, roomIdInput, type CommandView } from '@parley/contracts';
import { procedure, router } from '../trpc.js';

export const commandsRouter = router({
  list: procedure('commands.list', roomIdInput).query(({ ctx, input }): Promise<CommandView[]> =>
    ctx.services.rooms.run(ctx.actor, input.roomId, 'commands.list', async () => [...commands]),
  ),
});
