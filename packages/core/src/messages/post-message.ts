import { AppError, parseCommand, type MessageView, type PrivateReply } from '@parley/contracts';
import type { CoreDeps } from '../deps.js';
import { refusalBy, type AuthorizedRoom } from '../rooms/authorized-room.js';
import { answerPrivately, firstPrivate } from './answer-privately.js';
import { planMessage, type MessagePlan } from './plan-message.js';
import { firstSent, sendPlanned, type SendMessageInput } from './send-message.js';

/** Either a message with the replies it calls for, or an answer for the sender alone. */
export type PostedMessage =
  | { message: MessageView; replies: MessageView[]; privateReply: null }
  | { message: null; replies: []; privateReply: PrivateReply };

/**
 * What a person typed: a private command is answered to them alone, all else is sent to the room.
 *
 * @throws as `sendMessage` does
 */
export async function postMessage(deps: CoreDeps, room: AuthorizedRoom, input: SendMessageInput): Promise<PostedMessage> {
  let plan: MessagePlan;
  try {
    plan = planMessage(input.content, room.characters);
  } catch (error) {
    if (!AppError.is(error, 'CHARACTER_NOT_FOUND')) throw error;
    // Nobody to answer, as far as is known: not any more, where this repeats a call from before, or again, where that is old.
    const first = await firstPosted(deps, room, input);
    if (first) return first;
    throw refusalBy(room, error);
  }
  if (plan.kind === 'private') {
    const { clientId, correlationId } = input;
    return { message: null, replies: [], privateReply: await answerPrivately(deps, room, plan.command, { clientId, correlationId }) };
  }
  return { ...(await sendPlanned(deps, room, input, plan)), privateReply: null };
}

/** What a command repeats that can no longer be planned, or null. @throws AppError CLIENT_ID_REUSED */
async function firstPosted(deps: CoreDeps, room: AuthorizedRoom, input: SendMessageInput): Promise<PostedMessage | null> {
  const sent = await firstSent(deps, room, input);
  if (sent) return { ...sent, privateReply: null };
  const parsed = parseCommand(input.content);
  const scope = parsed.kind === 'command' && parsed.command.name === 'summary' && parsed.command.private ? parsed.command.scope : null;
  const privateReply = await firstPrivate(deps, room, input.clientId, scope);
  return privateReply && { message: null, replies: [], privateReply };
}
