import type { ClaimedReply, ConversationMessage } from '@parley/core';
import type { PromptContext } from '../models/prompt-context.js';

/** A claimed reply and its conversation as models are given them. */
export function promptContextOf(claim: ClaimedReply, conversation: readonly ConversationMessage[]): PromptContext {
  const { request, character, askedBy } = claim;
  return {
    task:
      request.trigger.kind === 'summary'
        ? { kind: 'summary', scope: request.scope ?? { kind: 'recent' } }
        : { kind: 'answer', question: request.question ?? '' },
    character: { name: character.name, handle: character.handle, systemPrompt: character.systemPrompt },
    askedBy: { name: askedBy.name, handle: askedBy.handle },
    triggerMessageId: request.trigger.messageId,
    askedAt: claim.message.createdAt,
    messages: conversation.map(({ messageId, author, content, createdAt }) => ({
      id: messageId,
      own: author.type === 'character' && author.handle === character.handle,
      fromCharacter: author.type === 'character',
      name: author.name,
      handle: author.handle,
      content,
      createdAt,
    })),
  };
}
