import {
  messageIdInput,
  messagesEditInput,
  messagesListInput,
  messagesPinInput,
  messagesReactInput,
  messagesSearchInput,
  messagesSendInput,
  roomIdInput,
} from '@parley/contracts';
import { deleteMessage, editMessage, listMessages, listPins, pinMessage, postMessage, reactToMessage, searchMessages } from '@parley/core';
import { procedure, router } from '../trpc.js';
import { aiAdmission } from './ai-admission.js';

export const messagesRouter = router({
  list: procedure('messages.list')
    .input(messagesListInput)
    .query(({ ctx, input }) =>
      ctx.services.rooms.run(ctx.actor, input.roomId, 'messages.list', (room) => listMessages(ctx.services.core, room, input)),
    ),

  send: procedure('messages.send')
    .input(messagesSendInput)
    .mutation(async ({ ctx, input }) => {
      const { core, limits, limitRules, rooms } = ctx.services;
      await limits.consume(limitRules.sendPerUser, ctx.actor.userId);
      const admitAiCall = aiAdmission(ctx.services, ctx.actor);
      return rooms.run(ctx.actor, input.roomId, 'messages.send', (room) =>
        postMessage(core, room, { ...input, replyTo: input.replyTo ?? null, correlationId: ctx.correlationId, admitAiCall }),
      );
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
