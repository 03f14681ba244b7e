import { isBot } from '@parley/contracts';
import type { ReplyTask } from '../jobs/claimed-reply.js';
import type { ConversationMessage } from '../memory/load-conversation.js';
import type { UnreadOfRoom } from '../memory/load-unread.js';
import type { PromptContext, PromptMessage, PromptNote } from './prompt-context.js';

/**
 * Makes the context that a model is given from a claimed reply and its conversation.
 *
 * @param earlier summary of what was said before the conversation; null for none
 * @param tools names of the tools that the model may call
 * @param notes of the room. By default there are none
 */
export function promptContextOf(
  claim: ReplyTask,
  conversation: readonly ConversationMessage[],
  earlier: string | null = null,
  tools: readonly string[] = [],
  notes: readonly PromptNote[] = [],
): PromptContext {
  const { request, character, addressee } = claim;
  return {
    task: { kind: request.trigger.kind, question: request.question, scope: request.scope, ...(request.data ? { data: request.data } : {}) },
    character: { name: character.name, handle: character.handle, systemPrompt: character.systemPrompt },
    addressee: {
      name: addressee.name,
      handle: addressee.handle,
      isCharacter: addressee.type === 'character',
      ...(isBot(addressee) ? { isBot: true } : {}),
    },
    triggerMessageId: request.trigger.messageId,
    askedAt: claim.message.createdAt,
    messages: conversation.map((message) => promptMessageOf(claim, message)),
    ...(claim.onlyForAsker ? { onlyForAsker: true } : {}),
    ...(tools.length > 0 ? { tools } : {}),
    ...(claim.wish ? { wish: { by: claim.wish.by, instruction: claim.wish.instruction, before: claim.wish.before } } : {}),
    earlier,
    ...(notes.length > 0 ? { notes } : {}),
  };
}

/** {@link promptContextOf} of a catch-up: the character speaks of each room as one who was not there, so that all in it can be cited. */
export function catchUpContextOf(claim: ReplyTask, rooms: readonly UnreadOfRoom[]): PromptContext {
  return {
    ...promptContextOf(claim, []),
    messages: rooms.flatMap(({ roomId, messages }) => messages.map((message) => placedMessageOf(roomId, message))),
    rooms: rooms.map(({ roomId, name, direct, leftOut }) => ({ id: roomId, name, direct, leftOut })),
  };
}

/** A message of one of several rooms. */
export function placedMessageOf(roomId: string, message: ConversationMessage): PromptMessage {
  return { ...promptMessageOf({ character: { id: '' } }, message), place: { roomId, seq: message.seq } };
}

export function promptMessageOf({ character }: { character: { id: string } }, message: ConversationMessage): PromptMessage {
  const { messageId, author, content, createdAt } = message;
  return {
    id: messageId,
    own: author.type === 'character' && author.id === character.id,
    fromCharacter: author.type === 'character',
    ...(author.id === null ? { imported: true } : isBot(author) ? { bot: true } : {}),
    name: author.name,
    handle: author.handle,
    content,
    createdAt,
  };
}
