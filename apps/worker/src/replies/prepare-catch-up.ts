import type { RoomsLeftOut } from '@parley/contracts';
import type { CoreDeps } from '@parley/core/deps';
import type { ReplyTask } from '@parley/core/jobs/claimed-reply';
import { loadUnread } from '@parley/core/memory/load-unread';
import type { RoomsScope } from '@parley/core/messages/unread-rooms';
import { buildPrompt, estimatePromptTokens, type BuiltPrompt } from '@parley/core/prompts/build-prompt';
import { nothingUnread, whatIsMissing } from '@parley/core/prompts/catch-up-words';
import type { PromptContext, PromptRoom } from '@parley/core/prompts/prompt-context';
import { catchUpContextOf } from '@parley/core/prompts/prompt-context-of';
import { newNonce } from '@parley/core/prompts/prompt-elements';
import { promptHash } from '@parley/core/prompts/prompt-hash';
import { taskOf } from '@parley/core/prompts/task-of';
import type { ReceiptRoom } from '@parley/core/protocol/receipt';
import { builtInPrompt } from '../models/built-in-codec.js';
import type { PreparedCall } from './prepared-call.js';
import { receiptOf } from './prompt-receipt.js';

/**
 * Prepares what a model is asked for a catch-up: what its asker has not read in their rooms, of those that they are in at this moment. So
 * whoever was removed from a room is told nothing of it, also where an earlier attempt had read it.
 *
 * @throws errors of the database
 */
export async function prepareCatchUp(
  deps: Pick<CoreDeps, 'db'>,
  claim: ReplyTask,
  scope: RoomsScope,
  settings: { builtIn: boolean; maxPromptTokens: number; model: string },
): Promise<PreparedCall> {
  const unread = await loadUnread(deps, claim.askedBy.id, scope.rooms, settings.model);
  const roomsLeftOut = { ...scope.leftOut, paused: scope.leftOut.paused + unread.paused };
  const context = catchUpContextOf(claim, unread.rooms);
  if (unread.rooms.length === 0) {
    return {
      call: { prompt: [] },
      promptTokens: 0,
      marks: null,
      basis: null,
      tools: null,
      answer: nothingUnread(roomsLeftOut, unread.hidden),
    };
  }
  return settings.builtIn ? forBuiltIn(claim, context, roomsLeftOut, settings) : forModel(claim, context, roomsLeftOut, settings);
}

function forBuiltIn(
  claim: ReplyTask,
  context: PromptContext,
  roomsLeftOut: RoomsLeftOut,
  settings: { maxPromptTokens: number },
): PreparedCall {
  const { rooms = [], messages } = context;
  const prompt = {
    ...receiptOf(claim, context, settings, [], []),
    rooms: receiptRooms(rooms, messages),
    roomsLeftOut,
    hash: promptHash(context),
    nonce: null,
    leftOut: olderOf(rooms),
    tokens: null,
  };
  return {
    call: { prompt: [], providerOptions: builtInPrompt(context) },
    promptTokens: 0,
    marks: null,
    basis: { prompt, earlier: null },
    tools: null,
    ...closing(roomsLeftOut, rooms),
  };
}

function forModel(
  claim: ReplyTask,
  context: PromptContext,
  roomsLeftOut: RoomsLeftOut,
  { maxPromptTokens }: { maxPromptTokens: number },
): PreparedCall {
  const nonce = newNonce();
  const { turns, sources, shown, leftOut, tokens, rooms = [] } = buildPrompt(context, { maxTokens: maxPromptTokens, nonce });
  const { temperature } = claim.character;
  const prompt = {
    ...receiptOf(claim, context, { maxPromptTokens }, [], []),
    rooms: receiptRooms(rooms, shown),
    roomsLeftOut,
    hash: promptHash(turns),
    nonce,
    leftOut,
    tokens,
  };
  return {
    call: { prompt: turns, ...(temperature === null ? {} : { temperature }) },
    promptTokens: estimatePromptTokens(turns),
    marks: {
      sources,
      places: new Map(shown.flatMap(({ id, place }) => (place ? [[id, place]] : []))),
      marksOwn: taskOf(claim.request.trigger.kind).cites,
    },
    basis: { prompt, earlier: null },
    tools: null,
    ...closing(roomsLeftOut, rooms),
  };
}

function receiptRooms(rooms: readonly PromptRoom[], shown: BuiltPrompt['shown']): ReceiptRoom[] {
  return rooms.map(({ id, name, direct, leftOut }) => ({
    roomId: id,
    name,
    direct,
    leftOut,
    seqs: shown.flatMap(({ place }) => (place?.roomId === id ? [place.seq] : [])),
  }));
}

function closing(roomsLeftOut: RoomsLeftOut, rooms: readonly PromptRoom[]): { closing?: string } {
  const missing = whatIsMissing(roomsLeftOut, olderOf(rooms));
  return missing === null ? {} : { closing: `\n\n${missing}` };
}

function olderOf(rooms: readonly PromptRoom[]): number {
  return rooms.reduce((sum, { leftOut }) => sum + leftOut, 0);
}
