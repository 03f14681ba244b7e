import { chatSendInput, chatSendOutput } from '@parley/contracts';
import { askInSession } from '@parley/core/messages/ask-in-session';
import { openChatSession } from '@parley/core/rooms/open-chat-session';
import { declared } from '../answers/declared.js';
import { consumeLimits } from '../limits/consume-limits.js';
import { aiAdmission } from '../messages/ai-admission.js';
import { procedure, router } from '../trpc.js';
import { chosenModel } from './chosen-model.js';
import { refuseOtherUser } from './refuse-other-user.js';

export const chatRouter = router({
  send: procedure('chat.send', chatSendInput)
    .output(declared(chatSendOutput))
    .mutation(async ({ ctx, input }) => {
      const { services, actor, call } = ctx;
      refuseOtherUser(actor, input.user_id);
      const model = chosenModel(services, input);
      const session = await openChatSession(services.core, actor, {
        sessionId: input.session_id,
        character: input.character_id,
        firstMessage: input.message,
        // A new session is a new room.
        admit: async () => void (await consumeLimits(services, 'rooms.direct', ctx)),
      });
      const admitAiCall = aiAdmission(services, ctx, 'chat.send');
      const asked = { clientId: input.clientId, content: input.message, characterId: session.character.id, model, admitAiCall };
      const { message, answer } = await services.rooms.run(actor, session.roomId, 'messages.send', (room) =>
        askInSession(services.core, room, asked),
      );
      return {
        message_id: answer.id,
        session_id: input.session_id,
        status: 'accepted' as const,
        timestamp: message.createdAt,
        correlation_id: call.correlationId,
      };
    }),
});
