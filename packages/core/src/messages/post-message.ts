import {
  AppError,
  replyErrors,
  splitCommand,
  type AppErrorCode,
  type BotCommandView,
  type PostedMessage,
  type ReplyErrorCode,
} from '@parley/contracts';
import { parseCommand } from '@parley/contracts/commands';
import { listBotCommands } from '../accounts/bot-commands.js';
import type { CoreDeps } from '../deps.js';
import { refusalBy, type AuthorizedRoom } from '../access/authorized-room.js';
import { ensureMay } from '../access/ensure-may.js';
import { answerPrivately, firstPrivate } from './answer-privately.js';
import type { ActInRoom } from './command-answer.js';
import { findNamed, findTurn } from './find-named.js';
import {
  planInZone,
  planMessage,
  planRequest,
  requestInZone,
  withTurn,
  type AiCall,
  type MessagePlan,
  type PostPlan,
} from './plan-message.js';
import { refuseAlone } from './refuse-alone.js';
import { hiddenBy, refusedText, screenText, type InstanceWords, type Judge } from './screen-text.js';
import type { SentMessage } from './find-sent-message.js';
import { firstSent, sendMessage, TurnPassedError, type PlannedMessage, type SendMessageInput } from './send-message.js';

export interface PostMessageInput extends SendMessageInput {
  /**
   * Called before a message or command that a model is to answer is written. If it throws, a command is refused. A message is posted all
   * the same after RATE_LIMITED, AI_BUDGET_EXCEEDED or UNAVAILABLE, and its replies have failed from the start and say why. A repeat of an
   * earlier call needs no admission.
   *
   * @default all are admitted
   */
  admitAiCall?(call: AiCall): Promise<void>;
  /** Does what a command of the sender does. @default commands that act are not answered */
  act?: ActInRoom | undefined;
  /** The sender's time zone, a name of the IANA database: the day of a command that asks for today. @default UTC */
  timeZone?: string | undefined;
  /** Words that nobody may say in any room. @default those of the room alone */
  blocked?: InstanceWords | undefined;
  /** Decides whether the text may be said. A repeat of a call that succeeded is not judged again. @default everything may */
  judge?: Judge | undefined;
  /** True for a text of others that a program passes on: it is read as no command, and calls and mentions nobody. @default false */
  plain?: boolean | undefined;
}

/**
 * Posts what a person typed: a private command is answered to that person alone, everything else is sent to the room.
 *
 * @throws AppError MESSAGE_REFUSED, UNKNOWN_COMMAND, COMMAND_ARGUMENT, CHARACTER_NOT_FOUND, USER_NOT_FOUND; and what `sendMessage` and `admitAiCall` throw
 */
export async function postMessage(deps: CoreDeps, room: AuthorizedRoom, given: PostMessageInput): Promise<PostedMessage> {
  const input = { ...given, content: await screened(deps, room, given) };
  if (input.judge) {
    const first = await firstPosted(deps, room, input);
    if (first) return first;
    if (await judged(room, input, input.judge)) {
      return { ...(await sendMessage(deps, room, { ...input, plan: nobodyCalled, hidden: true })), privateReply: null };
    }
  }
  if (input.plain) return { ...(await sendMessage(deps, room, { ...input, plan: nobodyCalled })), privateReply: null };
  const named = await findNamed(deps, room, input.content);
  let plan: MessagePlan;
  try {
    await refuseAlone(deps, room);
    const ofBots = await commandsOfBots(deps, room, input.content);
    plan = planInZone(planMessage(input.content, room, named, ofBots, input.replyTo), input.timeZone);
    await refuseElsewhere(deps, room, plan);
    if (room.aiPaused) plan = planWithoutAi(plan);
    if (plan.aiCall === 'command') await input.admitAiCall?.('command');
  } catch (error) {
    if (!AppError.is(error) || !mayPass.has(error.code)) throw error;
    // Refused now, but this may repeat a call that succeeded: return that result instead. Otherwise refuse, or try again if `room` may be
    // old.
    const first = await firstPosted(deps, room, input);
    if (first) return first;
    throw refusalBy(room, error);
  }
  if (plan.kind === 'private') {
    const { clientId, act, replyTo = null } = input;
    return { message: null, replies: [], privateReply: await answerPrivately(deps, room, plan.command, { clientId, act, replyTo }) };
  }
  const admitted = plan.aiCall === 'mention' && input.admitAiCall ? await admitMentions(plan, input.admitAiCall) : plan;
  return { ...(await sendInTurn(deps, room, { ...input, plan: admitted })), privateReply: null };
}

/** The text as it may be said. A repeat of a call that succeeded before the word was blocked is none of what is refused: it returns the first result. */
async function screened(deps: CoreDeps, room: AuthorizedRoom, { content, blocked, clientId, replyTo }: PostMessageInput): Promise<string> {
  if (!room.filtered && !blocked?.words.length) return content;
  try {
    return await screenText(deps, room, content, blocked);
  } catch (error) {
    if (!AppError.is(error, 'MESSAGE_REFUSED')) throw error;
    if (await firstSent(deps, room, { clientId, content, replyTo })) return content;
    throw refusalBy(room, error);
  }
}

/**
 * Whether the text is to be hidden. A command is refused instead: its answer would show what it says.
 *
 * @throws AppError MESSAGE_REFUSED, UNAVAILABLE; ROOM_ARCHIVED and SILENCED before anybody is asked
 */
async function judged(room: AuthorizedRoom, { content, clientId, replyTo, plain }: PostMessageInput, judge: Judge): Promise<boolean> {
  ensureMay(room);
  const hidden = await hiddenBy(judge, { room, content, of: { clientId }, replyTo });
  if (hidden && !plain && splitCommand(content)) throw refusedText(room, null);
  return hidden;
}

/** How often whose turn it is is found anew, where others speak at the same moment. After that the message goes as it is: two answers of one character are better than none. */
const maxTurns = 20;

/** Sends, and finds anew whose turn it is where somebody said something since: so of messages that come at once each has another character. */
async function sendInTurn(deps: CoreDeps, room: AuthorizedRoom, input: PlannedMessage): Promise<SentMessage> {
  let { plan } = input;
  for (let attempt = 1; ; attempt++) {
    try {
      return await sendMessage(deps, room, { ...input, plan });
    } catch (error) {
      if (!(error instanceof TurnPassedError)) throw error;
    }
    const turn = await findTurn(deps, room);
    plan = withTurn(plan, turn && attempt >= maxTurns ? { ...turn, asOf: null } : turn, room);
  }
}

/** What the room's bots add to the commands; nobody is asked for it unless the text begins like a command that is none of ours. */
async function commandsOfBots(deps: Pick<CoreDeps, 'db'>, room: AuthorizedRoom, content: string): Promise<BotCommandView[]> {
  const split = splitCommand(content);
  return split && parseCommand(content).kind === 'unknown' ? await listBotCommands(deps, room, split) : [];
}

/**
 * @throws AppError COMMAND_ARGUMENT for a command about a message that is not of this room, or that was deleted, or about those since one;
 *   FORBIDDEN for a catch-up by a key that may read no messages, or not those of all rooms
 */
async function refuseElsewhere({ db }: Pick<CoreDeps, 'db'>, { roomId, actor }: AuthorizedRoom, plan: MessagePlan): Promise<void> {
  const requests = plan.kind === 'post' ? plan.replies : 'request' in plan.command ? [plan.command.request] : [];
  for (const { scope } of requests) {
    if (scope?.kind === 'rooms' && actor.key && !actor.key.scopes.includes('messages:read')) {
      throw new AppError('FORBIDDEN', 'This key may read no messages, and a catch-up tells what was said: it needs messages:read.', {
        field: 'content',
      });
    }
    if (scope?.kind === 'rooms' && actor.key?.roomIds) {
      throw new AppError('FORBIDDEN', 'This key is for certain rooms only, and a catch-up is of all. Make a key for all rooms.', {
        field: 'content',
      });
    }
    if (scope?.kind !== 'since' && scope?.kind !== 'message') continue;
    const found = await db.message.findFirst({
      where: { id: scope.messageId, roomId },
      select: { deletedAt: true, content: true, hiddenFromAi: true },
    });
    if (scope.kind === 'since') {
      if (!found)
        throw new AppError('COMMAND_ARGUMENT', 'That link is of no message in this room. Copy one of a message here.', {
          field: 'content',
        });
    } else if (found?.hiddenFromAi) {
      throw new AppError('COMMAND_ARGUMENT', 'That message is hidden from AI.', { field: 'replyTo' });
    } else if (!found || found.deletedAt || found.content === '') {
      throw new AppError('COMMAND_ARGUMENT', 'The message that you reply to is not in this room, or has no text any more.', {
        field: 'replyTo',
      });
    }
  }
}

const nobodyCalled: PostPlan = { kind: 'post', mentions: [], replies: [], aiCall: null };

/** Codes that may refuse a command now although they did not when it was first posted. */
const mayPass: ReadonlySet<AppErrorCode> = new Set([
  'FORBIDDEN',
  'UNKNOWN_COMMAND',
  'COMMAND_ARGUMENT',
  'CHARACTER_NOT_FOUND',
  'USER_NOT_FOUND',
  'RATE_LIMITED',
  'AI_BUDGET_EXCEEDED',
  'UNAVAILABLE',
  'ROOM_AI_PAUSED',
]);

/** Admits the replies of a message. What people say to each other is posted even if no character may answer it. */
async function admitMentions(plan: PostPlan, admitAiCall: NonNullable<PostMessageInput['admitAiCall']>): Promise<PostPlan> {
  try {
    await admitAiCall('mention');
    return plan;
  } catch (error) {
    const code = AppError.is(error) ? mentionRefusals[error.code] : undefined;
    if (!code) throw error;
    const refusal = { code, message: replyErrors[code] };
    return { ...plan, replies: plan.replies.map((reply) => ({ ...reply, refusal })) };
  }
}

/**
 * A plan for a room whose AI is paused. What people say to each other is posted: of it a character that is mentioned fails to answer and says
 * why, and one that would answer without being asked says nothing.
 *
 * @throws AppError ROOM_AI_PAUSED for a command to a character
 */
function planWithoutAi(plan: MessagePlan): MessagePlan {
  if (plan.aiCall === 'command') throw new AppError('ROOM_AI_PAUSED', undefined, { field: 'content' });
  if (plan.kind === 'private') return plan;
  const refusal = { code: 'ROOM_AI_PAUSED', message: replyErrors.ROOM_AI_PAUSED };
  const replies = plan.replies.flatMap((reply) => (reply.trigger === 'mention' ? [{ ...reply, refusal }] : []));
  return { ...plan, replies, ambient: [], aiCall: null };
}

const mentionRefusals: Partial<Record<AppErrorCode, ReplyErrorCode>> = {
  RATE_LIMITED: 'AI_RATE_LIMITED',
  AI_BUDGET_EXCEEDED: 'AI_BUDGET_EXCEEDED',
  UNAVAILABLE: 'AI_PAUSED',
};

/**
 * What an earlier call with this `clientId` returned, for a command that can no longer be planned; null if there was none.
 *
 * @throws AppError CLIENT_ID_REUSED
 */
async function firstPosted(deps: Pick<CoreDeps, 'db'>, room: AuthorizedRoom, input: PostMessageInput): Promise<PostedMessage | null> {
  const sent = await firstSent(deps, room, input);
  if (sent) return { ...sent, privateReply: null };
  const parsed = parseCommand(input.content);
  const call = parsed.kind === 'command' && parsed.call.answer === 'asker' && 'asked' in parsed.call ? parsed.call : null;
  const privateReply = await firstPrivate(
    deps,
    room,
    input.clientId,
    call && requestInZone(planRequest(call.command.name, call.asked, input.replyTo ?? null), input.timeZone),
  );
  return privateReply && { message: null, replies: [], privateReply };
}
