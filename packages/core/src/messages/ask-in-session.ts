import { agentModel, AppError, type MessageView } from '@parley/contracts';
import { refusalBy, type AuthorizedRoom } from '../access/authorized-room.js';
import type { CoreDeps } from '../deps.js';
import type { AiCall, PostPlan } from './plan-message.js';
import { firstSent, sendMessage, type SendMessageInput } from './send-message.js';

export interface AskInput extends Omit<SendMessageInput, 'replyTo'> {
  /** Whose the conversation is. */
  characterId: string;
  /** `provider:model` of this answer. @default the character's */
  model?: string | undefined;
  /** Called before anything is written; what it throws refuses the message. A repeat of an earlier call needs no admission. @default all are admitted */
  admitAiCall?(call: AiCall): Promise<void>;
}

/**
 * Posts a message of a chat session and calls for the one answer to it, of the session's character. The text is said to the character as it
 * is: it calls no commands, and nobody else.
 *
 * @throws AppError CHARACTER_NOT_FOUND if the character was deleted; VALIDATION for a model where an agent answers; and what `sendMessage` and `admitAiCall` throw
 */
export async function askInSession(
  deps: CoreDeps,
  room: AuthorizedRoom,
  { characterId, model, admitAiCall, ...input }: AskInput,
): Promise<{ message: MessageView; answer: MessageView }> {
  let plan: PostPlan;
  try {
    plan = planOf(room, characterId, input.content, model);
    await admitAiCall?.('mention');
  } catch (error) {
    if (!AppError.is(error)) throw error;
    // Refused now, but this may repeat a call that succeeded: return that result instead.
    const first = await firstSent(deps, room, input);
    if (first) return { message: first.message, answer: first.replies[0]! };
    throw error.code === 'CHARACTER_NOT_FOUND' ? refusalBy(room, error) : error;
  }
  const { message, replies } = await sendMessage(deps, room, { ...input, plan });
  return { message, answer: replies[0]! };
}

/** @throws AppError CHARACTER_NOT_FOUND, VALIDATION */
function planOf(room: AuthorizedRoom, characterId: string, question: string, model: string | undefined): PostPlan {
  const entry = room.characters.find(({ character }) => character.id === characterId);
  if (!entry)
    throw new AppError('CHARACTER_NOT_FOUND', 'The character of this session was deleted. Begin another session.', { field: 'session_id' });
  if (model !== undefined && entry.character.model === agentModel)
    throw new AppError('VALIDATION', 'model: a program writes the answers of this character. Leave it out.', { field: 'model' });
  const asked = { character: entry.character, trigger: 'always', question, scope: null, standalone: false } as const;
  return { kind: 'post', mentions: [], replies: [model === undefined ? asked : { ...asked, model }], aiCall: 'mention' };
}
