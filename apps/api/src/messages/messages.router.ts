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
  list: procedure('messages.list', messagesListInput).query(({ ctx, input }) =>
    ctx.services.rooms.run(ctx.actor, input.roomId, 'messages.list', (room) => listMessages(ctx.services.core, room, input)),
  ),

  send: procedure('messages.send', messagesSendInput).mutation(async ({ ctx, input }) => {
    const { core, rooms } = ctx.services;
    const admitAiCall = aiAdmission(ctx.services, ctx.actor);
    return rooms.run(ctx.actor, input.roomId, 'messages.send', (room) =>
      postMessage(core, room, { ...input, replyTo: input.replyTo ?? null, correlationId: ctx.correlationId, admitAiCall }),
    );
  }),

  edit: procedure('messages.edit', messagesEditInput).mutation(({ ctx, input }) =>
    editMessage(ctx.services.core, ctx.actor, ctx.services.rooms, input),
  ),

  delete: procedure('messages.delete', messageIdInput).mutation(({ ctx, input }) =>
    deleteMessage(ctx.services.core, ctx.actor, ctx.services.rooms, input.messageId),
  ),

  react: procedure('messages.react', messagesReactInput).mutation(({ ctx, input }) =>
    reactToMessage(ctx.services.core, ctx.actor, ctx.services.rooms, input),
  ),

  pin: procedure('messages.pin', messagesPinInput).mutation(({ ctx, input }) =>
    pinMessage(ctx.services.core, ctx.actor, ctx.services.rooms, input),
  ),

  pins: procedure('messages.pins', roomIdInput).query(({ ctx, input }) =>
    ctx.services.rooms.run(ctx.actor, input.roomId, 'messages.pins', (room) => listPins(ctx.services.core, room)),
  ),

  search: procedure('messages.search', messagesSearchInput).query(({ ctx, input }) => searchMessages(ctx.services.core, ctx.actor, input)),
});
