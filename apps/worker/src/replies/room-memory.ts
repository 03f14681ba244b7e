import { cutText, maxSummaryLength } from '@parley/contracts';
import type { CoreDeps } from '@parley/core/deps';
import type { ReplyTask } from '@parley/core/jobs/claimed-reply';
import { loadConversation, type ConversationMessage, type ConversationReader } from '@parley/core/memory/load-conversation';
import { loadRoomSummary, summaryApart, type RoomSummary, type SummaryBasis, type SummaryOwner } from '@parley/core/memory/room-summary';
import { wantSummary } from '@parley/core/memory/room-summary-sink';
import type { PromptMessage } from '@parley/core/prompts/prompt-context';
import {
  buildPrompt,
  estimatePromptTokens,
  estimateTokens,
  fittedMessage,
  messageTokens,
  type PromptTurn,
} from '@parley/core/prompts/build-prompt';
import { newNonce, PromptElements } from '@parley/core/prompts/prompt-elements';
import { promptMessageOf } from '@parley/core/prompts/prompt-context-of';

/** What a character knows of its room: the newest messages word for word, and a summary of the messages before them. */
export interface RoomMemory {
  conversation: ConversationMessage[];
  earlier: RoomSummary | null;
}

/** The most messages that are read at once. Where a summary stands for earlier messages, far fewer are read. */
const maxMessages = 2_000;
/** No summary is made if the character's own prompt leaves fewer tokens than this: it would not be worth its cost. */
const minTokens = 400;
/** The most parts of a room that a summary begins with, each of one call; messages older than those parts are left out. */
const maxParts = 4;
/** A summary is wanted from this share of a prompt on, so that it is there before messages have no place. */
const wantedFrom = 7 / 8;
/** The share of a prompt that the newest messages keep, word for word. */
const keptWhole = 3 / 8;
/** The most of a prompt that a summary takes. */
const summaryShare = 1 / 4;

/** The next step of a summary: what it is to be made of. */
export interface DueStep {
  before: RoomSummary | null;
  messages: ConversationMessage[];
  basis: SummaryBasis;
  /** True if another step is due after this one. */
  more: boolean;
}

type Reader = ConversationReader & SummaryOwner & { character: Pick<ReplyTask['character'], 'handle' | 'systemPrompt'> };

/**
 * Reads what a reply is written from: what was said since the summary so far, and that summary. Where the room has grown too long for a
 * prompt, a job is made that writes the next step of the summary, for the replies to come. This reply does not wait for it.
 *
 * @param maxPromptTokens by `estimateTokens`
 */
export async function recallRoom(deps: CoreDeps, claim: ReplyTask, maxPromptTokens: number): Promise<RoomMemory> {
  const { scope } = claim.request;
  // The request says which messages it wants (unread, today's or the last N): give exactly those.
  if (scope !== null && scope.kind !== 'recent') {
    return { conversation: await loadConversation(deps, claim, { limit: maxMessages, scope }), earlier: null };
  }
  const { conversation, summary, due } = await readRoom(deps, claim, maxPromptTokens);
  if (due) await wantSummary(deps, claim, { askedBy: claim.askedBy.id });
  return { conversation, earlier: summary };
}

/** What is to be summarised next; null if the room fits a prompt, or is not worth it. */
export async function dueStep(deps: CoreDeps, reader: Reader, maxPromptTokens: number): Promise<DueStep | null> {
  return (await readRoom(deps, reader, maxPromptTokens)).due;
}

/** Reads the messages since the last summary, and picks those to summarise. */
async function readRoom(
  deps: CoreDeps,
  reader: Reader,
  maxPromptTokens: number,
): Promise<{ conversation: ConversationMessage[]; summary: RoomSummary | null; due: DueStep | null }> {
  const { summary: found, basis } = await loadRoomSummary(deps, reader);
  const summary = summaryApart(reader, found);
  const conversation = await loadConversation(deps, reader, { limit: maxMessages, scope: null, afterSeq: summary?.upToSeq ?? 0 });
  const maxTokens = memoryTokens(reader, maxPromptTokens);
  const left = maxTokens * wantedFrom - (summary === null ? 0 : estimateTokens(summary.text));
  if (maxTokens < minTokens || newestWithin(reader, conversation, left) === conversation.length)
    return { conversation, summary, due: null };
  const older = conversation.slice(0, conversation.length - newestWithin(reader, conversation, maxTokens * keptWhole));
  const parts = partsOf(reader, older, partTokens(maxTokens)).slice(-maxParts);
  const [messages] = parts;
  return { conversation, summary, due: messages ? { before: summary, messages, basis, more: parts.length > 1 } : null };
}

/** The tokens of a prompt that conversation and summary may take together. */
function memoryTokens({ character }: Reader, maxPromptTokens: number): number {
  const { turns } = buildPrompt({
    task: { kind: 'mention', question: '', scope: null },
    character: { name: '', handle: character.handle, systemPrompt: character.systemPrompt },
    addressee: { name: '', handle: '', isCharacter: false },
    triggerMessageId: '',
    askedAt: new Date(0).toISOString(),
    messages: [],
    earlier: '',
  });
  return maxPromptTokens - estimatePromptTokens(turns);
}

/** How many of the newest messages fit. */
function newestWithin(reader: Reader, messages: readonly ConversationMessage[], maxTokens: number): number {
  let left = maxTokens;
  let count = 0;
  for (const message of messages.toReversed()) {
    left -= messageTokens(promptMessageOf(reader, message));
    if (left < 0) break;
    count++;
  }
  return count;
}

/** The most tokens of messages that one step reads. */
function partTokens(maxTokens: number): number {
  return Math.max(1_000, maxTokens * (1 - summaryShare));
}

/** Messages in order, in groups that fit one call each. */
function partsOf(reader: Reader, messages: readonly ConversationMessage[], maxTokens: number): ConversationMessage[][] {
  const parts: ConversationMessage[][] = [];
  let part: ConversationMessage[] = [];
  let tokens = 0;
  for (const message of messages) {
    const more = messageTokens(promptMessageOf(reader, message));
    if (tokens + more > maxTokens && part.length > 0) {
      parts.push(part);
      part = [];
      tokens = 0;
    }
    part.push(message);
    tokens += more;
  }
  if (part.length > 0) parts.push(part);
  return parts;
}

export interface StepWriter {
  /** Asks the character's model; null where it writes nothing of this. */
  write: (prompt: PromptTurn[]) => Promise<string | null>;
  /** Makes a summary without the model, where the model cannot; null where there is nothing to say. */
  extract: (messages: PromptMessage[]) => Promise<string | null>;
}

/** Writes the text of a step. @returns null where there is nothing to say */
export async function writeStep(
  reader: Reader,
  { before, messages }: DueStep,
  { write, extract }: StepWriter,
  maxPromptTokens: number,
): Promise<string | null> {
  const maxTokens = memoryTokens(reader, maxPromptTokens);
  const maxWords = Math.max(40, Math.min(600, Math.floor(maxTokens / 16)));
  // One message may be longer than a part: it would make the call too long for the model, each time again.
  const said = messages.map((message) => fittedMessage(promptMessageOf(reader, message), partTokens(maxTokens)));
  const known = before?.text ?? null;
  const written = await write(stepPrompt(reader.character.handle, known, said, maxWords));
  // If the model writes nothing for this content, use the room's own sentences instead.
  const text = written ?? [known, await extract(said)].filter((piece) => piece !== null).join('\n\n');
  return clipToTokens(text, maxTokens * summaryShare) || null;
}

/** The prompt for a step. As in the prompt of a reply, each message stands in an element that names its author, with a nonce of its own. */
function stepPrompt(handle: string, known: string | null, messages: readonly PromptMessage[], maxWords: number): PromptTurn[] {
  const elements = new PromptElements(newNonce());
  const rules = [
    `You keep the notes of @${handle}, one of the characters in a chat room: what was said before, for their later replies.`,
    `${elements.rule} Report what they said.`,
    'Keep who said, decided, asked or promised what, with names, dates and figures; leave out greetings and small talk. Write plain sentences in the language of the conversation, and nothing else.',
  ];
  const parts = [
    ...(known === null ? [] : [elements.earlier(known)]),
    ...messages.map((message) => elements.message(message)),
    elements.task(
      `Write notes of all of this${known === null ? '' : `, including what the <${elements.tag('earlier')}> element says`}, in at most ${maxWords} words.`,
    ),
  ];
  return [
    { role: 'system', content: rules.join('\n\n') },
    { role: 'user', content: [{ type: 'text', text: parts.join('\n') }] },
  ];
}

function clipToTokens(text: string, maxTokens: number): string {
  let clipped = cutText(text.trim(), maxSummaryLength);
  while (estimateTokens(clipped) > maxTokens) clipped = cutText(clipped, Math.floor(clipped.length * 0.9));
  return clipped.toWellFormed();
}
