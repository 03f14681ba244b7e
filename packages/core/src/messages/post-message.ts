import type { MessageView, PrivateReply } from '@parley/contracts';
import type { CoreDeps } from '../deps.js';
import type { AuthorizedRoom } from '../rooms/authorized-room.js';
import { answerPrivately } from './answer-privately.js';
import { planMessage } from './plan-message.js';
import { sendPlanned, type SendMessageInput } from './send-message.js';

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
  const plan = planMessage(input.content, room.characters);
  if (plan.kind === 'private') {
    const { clientId, correlationId } = input;
    return { message: null, replies: [], privateReply: await answerPrivately(deps, room, plan.command, { clientId, correlationId }) };
  }
  return { ...(await sendPlanned(deps, room, input, plan)), privateReply: null };
}
