import { commandViewSchema, maxListedCommands, roomIdInput } from '@parley/contracts';
import { commands, commandView, isOffered } from '@parley/contracts/commands';
import { listBotCommands } from '@parley/core/accounts/bot-commands';
import { declared } from '../answers/declared.js';
import { procedure, router } from '../trpc.js';

export const commandsRouter = router({
  list: procedure('commands.list', roomIdInput)
    .output(declared(commandViewSchema.array().max(maxListedCommands)))
    .query(({ ctx, input }) =>
      ctx.services.rooms.run(ctx.actor, input.roomId, 'commands.list', async (room) => {
        const ours = commands.filter((command) => isOffered(room, command)).map(commandView);
        return [...ours, ...(await listBotCommands(ctx.services.core, room))].slice(0, maxListedCommands);
      }),
    ),
});
