import { messagesListInput, messagesSendInput, parseCommand } from '@parley/contracts';
import { listMessages, postMessage } from '@parley/core';
import { procedure, router } from '../trpc.js';

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
      if (callsAi(input.content)) await limits.consume(limitRules.aiPerUser, ctx.actor.userId);
      return rooms.run(ctx.actor, input.roomId, 'messages.send', (room) =>
        postMessage(core, room, { ...input, replyTo: input.replyTo ?? null, correlationId: ctx.correlationId }),
      );
    }),
});

/** Whether a message asks for the AI by command; a mention is found out later, by who is in the room, and limited by the token budget. */
function callsAi(content: string): boolean {
  const parsed = parseCommand(content);
  return parsed.kind === 'command' && parsed.command.name !== 'help';
}
