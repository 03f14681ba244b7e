import {
  messageIdInput,
  messagesEditInput,
  messagesListInput,
  messagesListOutput,
  messagesHiddenTextOutput,
  messagesHideFromAiInput,
  messagesHideInput,
  messagesPinInput,
  messagesReactInput,
  messagesSearchInput,
  messagesSearchOutput,
  messagesSendInput,
  messagesSendOutput,
  messageViewSchema,
  maxListedPins,
  roomIdInput,
} from '@parley/contracts';
import { deleteMessage } from '@parley/core/messages/delete-message';
import { editMessage } from '@parley/core/messages/edit-message';
import { listMessages } from '@parley/core/messages/list-messages';
import { listPins } from '@parley/core/messages/list-pins';
import { loadMessage } from '@parley/core/messages/load-message';
import { hiddenText } from '@parley/core/messages/hidden-text';
import { hideMessage } from '@parley/core/messages/hide-message';
import { hideFromAi } from '@parley/core/messages/hide-from-ai';
import { pinMessage } from '@parley/core/messages/pin-message';
import { postMessage } from '@parley/core/messages/post-message';
import { reactToMessage } from '@parley/core/messages/react-to-message';
import { searchMessages } from '@parley/core/messages/search-messages';
import { declared } from '../answers/declared.js';
import type { ApiServices } from '../services.js';
import { procedure, router } from '../trpc.js';
import { actsOf } from './acts-of.js';
import { aiAdmission } from './ai-admission.js';

/** What decides on this server, as it is in force, whether a text may be said. */
function screening({ settings, moderation }: Pick<ApiServices, 'settings' | 'moderation'>) {
  return {
    blocked: { words: settings.get('blockedWords'), action: settings.get('blockedWordsAction') },
    judge: moderation.judge,
  };
}

export const messagesRouter = router({
  list: procedure('messages.list', messagesListInput)
    .output(declared(messagesListOutput))
    .query(({ ctx, input }) =>
      ctx.services.rooms.run(ctx.actor, input.roomId, 'messages.list', (room) => listMessages(ctx.services.core, room, input)),
    ),

  send: procedure('messages.send', messagesSendInput)
    .output(declared(messagesSendOutput))
    .mutation(async ({ ctx, input }) => {
      const { core, rooms } = ctx.services;
      const admitAiCall = aiAdmission(ctx.services, ctx, 'messages.send', input.roomId);
      const act = actsOf(ctx.services, ctx, input.roomId);
      return rooms.run(ctx.actor, input.roomId, 'messages.send', (room) =>
        postMessage(core, room, { ...input, replyTo: input.replyTo ?? null, admitAiCall, act, ...screening(ctx.services) }),
      );
    }),

  get: procedure('messages.get', messageIdInput)
    .output(declared(messageViewSchema))
    .query(({ ctx, input }) =>
      ctx.services.rooms.runOfMessage(ctx.actor, input.messageId, 'messages.get', (message) => loadMessage(ctx.services.core, message.id)),
    ),

  edit: procedure('messages.edit', messagesEditInput)
    .output(declared(messageViewSchema))
    .mutation(({ ctx, input: { messageId, content } }) =>
      ctx.services.rooms.runOfMessage(ctx.actor, messageId, 'messages.edit', (message) =>
        editMessage(ctx.services.core, message, { content, ...screening(ctx.services) }),
      ),
    ),

  delete: procedure('messages.delete', messageIdInput)
    .output(declared(messageViewSchema))
    .mutation(({ ctx, input }) =>
      ctx.services.rooms.runOfMessage(ctx.actor, input.messageId, 'messages.delete', (message) =>
        deleteMessage(ctx.services.core, message),
      ),
    ),

  react: procedure('messages.react', messagesReactInput)
    .output(declared(messageViewSchema))
    .mutation(({ ctx, input }) =>
      ctx.services.rooms.runOfMessage(ctx.actor, input.messageId, 'messages.react', (message) =>
        reactToMessage(ctx.services.core, message, input),
      ),
    ),

  pin: procedure('messages.pin', messagesPinInput)
    .output(declared(messageViewSchema))
    .mutation(({ ctx, input }) =>
      ctx.services.rooms.runOfMessage(ctx.actor, input.messageId, 'messages.pin', (message) =>
        pinMessage(ctx.services.core, message, input),
      ),
    ),

  hideFromAi: procedure('messages.hideFromAi', messagesHideFromAiInput)
    .output(declared(messageViewSchema))
    .mutation(({ ctx, input }) =>
      ctx.services.rooms.runOfMessage(ctx.actor, input.messageId, 'messages.hideFromAi', (message) =>
        hideFromAi(ctx.services.core, message, input),
      ),
    ),

  hide: procedure('messages.hide', messagesHideInput)
    .output(declared(messageViewSchema))
    .mutation(({ ctx, input }) =>
      ctx.services.rooms.runOfMessage(ctx.actor, input.messageId, 'messages.hide', (message) =>
        hideMessage(ctx.services.core, message, input),
      ),
    ),

  hiddenText: procedure('messages.hiddenText', messageIdInput)
    .output(declared(messagesHiddenTextOutput))
    .query(({ ctx, input }) =>
      ctx.services.rooms.runOfMessage(ctx.actor, input.messageId, 'messages.hiddenText', (message) =>
        hiddenText(ctx.services.core, message),
      ),
    ),

  pins: procedure('messages.pins', roomIdInput)
    .output(declared(messageViewSchema.array().max(maxListedPins)))
    .query(({ ctx, input }) =>
      ctx.services.rooms.run(ctx.actor, input.roomId, 'messages.pins', (room) => listPins(ctx.services.core, room)),
    ),

  search: procedure('messages.search', messagesSearchInput)
    .output(declared(messagesSearchOutput))
    .query(({ ctx, input }) => searchMessages(ctx.services.core, ctx.actor, input)),
});
