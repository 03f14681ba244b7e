import {
  botInput,
  botsCreateInput,
  botsSetCommandsInput,
  botsSetCommandsOutput,
  botViewSchema,
  maxBotsPerOwner,
  okOutput,
} from '@parley/contracts';
import { setBotCommands } from '@parley/core/accounts/bot-commands';
import { createBot, listBots, removeBot } from '@parley/core/accounts/bots';
import { declared } from '../answers/declared.js';
import { procedure, router } from '../trpc.js';

export const botsRouter = router({
  list: procedure('bots.list')
    .output(declared(botViewSchema.array().max(maxBotsPerOwner)))
    .query(({ ctx }) => listBots(ctx.services.core, ctx.actor)),

  create: procedure('bots.create', botsCreateInput)
    .output(declared(botViewSchema))
    .mutation(({ ctx, input }) => createBot(ctx.services.core, ctx.actor, input)),

  setCommands: procedure('bots.setCommands', botsSetCommandsInput)
    .output(declared(botsSetCommandsOutput))
    .mutation(async ({ ctx, input }) => {
      await setBotCommands(ctx.services.core, ctx.actor, input);
      return input;
    }),

  remove: procedure('bots.remove', botInput)
    .output(declared(okOutput))
    .mutation(async ({ ctx, input }) => {
      const { core, rooms } = ctx.services;
      await removeBot({ ...core, rooms }, ctx.actor, input.username);
      return { ok: true as const };
    }),
});
