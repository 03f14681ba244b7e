import { commandViewSchema, maxListedCommands, roomIdInput } from '@parley/contracts';
import { commands, commandView, mayCall } from '@parley/contracts/commands';
import { declared } from '../answers/declared.js';
import { procedure, router } from '../trpc.js';

export const commandsRouter = router({
  list: procedure('commands.list', roomIdInput)
    .output(declared(commandViewSchema.array().max(maxListedCommands)))
    .query(({ ctx, input }) =>
      ctx.services.rooms.run(ctx.actor, input.roomId, 'commands.list', async ({ role }) =>
        commands.filter((command) => mayCall(role, command)).map(commandView),
      ),
    ),
});
