import {
  messageIdInput,
  messagesEditInput,
  messagesListInput,
  messagesPinInput,
  messagesReactInput,
  messagesSearchInput,
  messagesSendInput,
  parseCommand,
  roomIdInput,
} from '@parley/contracts';
import { deleteMessage, editMessage, listMessages, listPins, pinMessage, postMessage, reactToMessage, searchMessages } from '@parley/core';
import { procedure, router } from '../trpc.js';
import { refuseWithoutBudget } from './refuse-without-budget.js';

export const messagesRouter = router({
  list: procedure('messages.list')
    .input(messagesListInput)
    .query(({ ctx, input }) =>
      ctx.services.rooms.run(ctx.actor, input.roomId, 'messages.list', (room) => listMessages(ctx.services.core, room, input)),
    ),

  send: procedure('messages.send')
    .input(messagesSendInput)
    .mutation(async ({ ctx, input }) => {
      const { core, env, limits, limitRules, rooms } = ctx.services;
      await limits.consume(limitRules.sendPerUser, ctx.actor.userId);
      const callsModel = callsAi(input.content);
      if (callsModel) await limits.consume(limitRules.aiPerUser, ctx.actor.userId);
      return rooms.run(ctx.actor, input.roomId, 'messages.send', async (room) => {
        if (callsModel) await refuseWithoutBudget(core, room, input.clientId, env.AI_DAILY_TOKENS_PER_USER);
        return postMessage(core, room, { ...input, replyTo: input.replyTo ?? null, correlationId: ctx.correlationId });
      });
    }),

  edit: procedure('messages.edit')
    .input(messagesEditInput)
    .mutation(async ({ ctx, input }) => {
      const { core, limits, limitRules, rooms } = ctx.services;
      await limits.consume(limitRules.sendPerUser, ctx.actor.userId);
      return editMessage(core, ctx.actor, rooms, input);
    }),

  delete: procedure('messages.delete')
    .input(messageIdInput)
    .mutation(({ ctx, input }) => deleteMessage(ctx.services.core, ctx.actor, ctx.services.rooms, input.messageId)),

  react: procedure('messages.react')
    .input(messagesReactInput)
    .mutation(async ({ ctx, input }) => {
      const { core, limits, limitRules, rooms } = ctx.services;
      await limits.consume(limitRules.sendPerUser, ctx.actor.userId);
      return reactToMessage(core, ctx.actor, rooms, input);
    }),

  pin: procedure('messages.pin')
    .input(messagesPinInput)
    .mutation(({ ctx, input }) => pinMessage(ctx.services.core, ctx.actor, ctx.services.rooms, input)),

  pins: procedure('messages.pins')
    .input(roomIdInput)
    .query(({ ctx, input }) =>
      ctx.services.rooms.run(ctx.actor, input.roomId, 'messages.pins', (room) => listPins(ctx.services.core, room)),
    ),

  search: procedure('messages.search')
    .input(messagesSearchInput)
    .query(async ({ ctx, input }) => {
      const { core, limits, limitRules } = ctx.services;
      await limits.consume(limitRules.searchPerUser, ctx.actor.userId);
      return searchMessages(core, ctx.actor, input);
    }),
});

/** Whether a message asks for the AI by command; a mention is found out later, by who is in the room, and limited by the token budget. */
function callsAi(content: string): boolean {
  const parsed = parseCommand(content);
  return parsed.kind === 'command' && parsed.command.name !== 'help';
}
