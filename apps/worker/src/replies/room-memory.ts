import { cutText, type BudgetLimits, type Usage } from '@parley/contracts';
import type { CoreDeps } from '@parley/core/deps';
import type { ReplyTask } from '@parley/core/jobs/claimed-reply';
import type { JobFence } from '@parley/core/jobs/job';
import { sumOfSpent, type Spent } from '@parley/core/jobs/model-prices';
import { loadConversation, type ConversationMessage } from '@parley/core/memory/load-conversation';
import { roomMemoryJobs } from '@parley/core/memory/room-memory-sink';
import { loadRoomSummary, type SummaryBasis } from '@parley/core/memory/room-summary';
import type { PromptMessage } from '@parley/core/prompts/prompt-context';
import { CallCost, sumOf, type PaidModel } from './call-cost.js';
import { reserveCall } from './reserve-call.js';
import { estimatePromptTokens, estimateTokens, messageTokens, type PromptTurn } from '@parley/core/prompts/build-prompt';
import { newNonce, PromptElements } from '@parley/core/prompts/prompt-elements';
import { promptMessageOf } from '@parley/core/prompts/prompt-context-of';
import type { WriteText } from './write-text.js';

/** What a character knows of its room: the newest messages word for word, and a summary of the messages before them. */
export interface RoomMemory {
  conversation: ConversationMessage[];
  /** `upToSeq` is the last message that the summary stands for. */
  earlier: { text: string; upToSeq: number } | null;
}

export interface RecallOptions {
  /** Tokens, by `estimateTokens`, that conversation and summary may take together. */
  maxTokens: number;
  /** Writes a summary with the character's model. */
  write: WriteText;
  /** What calls may use in a day and a month. */
  budgets: BudgetLimits;
  model: PaidModel;
  /** Makes a summary without the model, where the model cannot; null where there is nothing to say. */
  extract: (messages: PromptMessage[]) => Promise<string | null>;
}

/** The most messages that are read at once. Where a summary stands for earlier messages, far fewer are read. */
const maxMessages = 2_000;
/** No summary is made if the character's own prompt leaves fewer tokens than this: it would not be worth its cost. */
const minTokens = 400;
/** The most calls that one summary may take when there is much to summarise; older messages than those calls hold are left out. */
const maxParts = 4;

/** The job under which a summary is made. */
export interface MemoryJob {
  fence: JobFence;
  /** Stops renewing the job's lease. */
  release(): void;
}

/** What a summary is to be made of. */
interface Sources {
  /** The summary so far, which stands for what came before the messages. */
  known: RoomMemory['earlier'];
  messages: ConversationMessage[];
  basis: SummaryBasis;
}

/**
 * Reads what a reply is written from. If everything said since the character joined fits the budget, that is all. Otherwise the
 * character's own model summarises what is older than half of the budget. The summary is kept for later replies, so that a long room
 * costs one more call now and then, not with each reply. If a source is edited or deleted, the summary is made anew.
 *
 * @param begin makes the job of a summary: if this process dies while the model writes, another finishes the summary
 */
export async function recallRoom(
  deps: CoreDeps,
  claim: ReplyTask,
  options: RecallOptions,
  begin: () => Promise<MemoryJob>,
): Promise<RoomMemory> {
  const { scope } = claim.request;
  // The request says which messages it wants (unread, today's or the last N): give exactly those.
  if (scope !== null && scope.kind !== 'recent') {
    return { conversation: await loadConversation(deps, claim, { limit: maxMessages, scope }), earlier: null };
  }
  const { conversation, sources } = await readRoom(deps, claim, options.maxTokens);
  if (sources.messages.length === 0) return { conversation, earlier: sources.known };
  const job = await begin();
  try {
    const text = await writeMemory(deps, claim, job.fence, sources, options);
    const { seq } = sources.messages.at(-1)!;
    return { conversation: conversation.slice(sources.messages.length), earlier: text === null ? null : { text, upToSeq: seq } };
  } finally {
    job.release();
  }
}

/** Finishes a summary whose worker died, for the replies to come. */
export async function finishMemory(deps: CoreDeps, claim: ReplyTask, options: RecallOptions): Promise<void> {
  const { sources } = await readRoom(deps, claim, options.maxTokens);
  if (sources.messages.length > 0) await writeMemory(deps, claim, claim, sources, options);
  else await roomMemoryJobs.end(deps, claim, { usage: null, summary: null });
}

/** Reads the messages since the last summary, and picks those to summarise: none if all fit the budget. */
async function readRoom(
  deps: CoreDeps,
  claim: ReplyTask,
  maxTokens: number,
): Promise<{ conversation: ConversationMessage[]; sources: Sources }> {
  const { summary, basis } = await loadRoomSummary(deps, claim);
  const afterSeq = summary?.upToSeq ?? 0;
  const conversation = await loadConversation(deps, claim, { limit: maxMessages, scope: claim.request.scope, afterSeq });
  const known = summary && { text: summary.text, upToSeq: summary.upToSeq };
  const knownTokens = known === null ? 0 : estimateTokens(known.text);
  const fits = newestWithin(claim, conversation, maxTokens - knownTokens) === conversation.length;
  const older = fits || maxTokens < minTokens ? 0 : conversation.length - newestWithin(claim, conversation, maxTokens / 2);
  return { conversation, sources: { known, messages: conversation.slice(0, older), basis } };
}

/** Makes the summary and ends its job. The end counts the tokens in any case, and stores the summary if there is one. */
async function writeMemory(
  deps: CoreDeps,
  claim: ReplyTask,
  fence: JobFence,
  { known, messages, basis }: Sources,
  options: RecallOptions,
): Promise<string | null> {
  let usage: Usage | null = null;
  let spent: Spent | null = null;
  let text: string | null = null;
  try {
    const write = async (prompt: PromptTurn[]): Promise<string | null> => {
      const cost = new CallCost(estimatePromptTokens(prompt), options.model);
      await reserveCall(claim, cost.most(), (most) => roomMemoryJobs.reserve(deps, fence, most, options.budgets));
      try {
        return await options.write(prompt, cost);
      } finally {
        usage = sumOf(usage, cost.usage);
        spent = sumOfSpent(spent, cost.spent);
      }
    };
    text = await summarise(claim, known?.text ?? null, messages, { ...options, write });
    return text;
  } finally {
    const upToSeq = messages.at(-1)?.seq ?? 0;
    const summary = text === null ? null : { fromSeq: claim.character.joinedSeq, upToSeq, basis, text };
    await roomMemoryJobs.end(deps, fence, { usage, spent, summary });
  }
}

/** How many of the newest messages fit. */
function newestWithin(claim: ReplyTask, messages: readonly ConversationMessage[], maxTokens: number): number {
  let left = maxTokens;
  let count = 0;
  for (const message of messages.toReversed()) {
    left -= messageTokens(promptMessageOf(claim, message));
    if (left < 0) break;
    count++;
  }
  return count;
}

async function summarise(
  claim: ReplyTask,
  known: string | null,
  sources: readonly ConversationMessage[],
  { maxTokens, write, extract }: Pick<RecallOptions, 'maxTokens' | 'extract'> & { write: (prompt: PromptTurn[]) => Promise<string | null> },
): Promise<string | null> {
  const maxWords = Math.max(40, Math.min(600, Math.floor(maxTokens / 16)));
  const messages = sources.map((message) => promptMessageOf(claim, message));
  let text = known;
  for (const part of partsOf(messages, Math.max(1_000, maxTokens)).slice(-maxParts)) {
    const written = await write(summaryPrompt(claim, text, part, maxWords));
    // If the model writes nothing for this content, use the room's own sentences instead.
    text = written ?? [text, await extract(part)].filter((piece) => piece !== null).join('\n\n');
    text = clipToTokens(text, maxTokens / 4);
  }
  return text === '' ? null : text;
}

/** Messages in order, in groups that fit one call each. */
function partsOf(messages: readonly PromptMessage[], maxTokens: number): PromptMessage[][] {
  const parts: PromptMessage[][] = [];
  let part: PromptMessage[] = [];
  let tokens = 0;
  for (const message of messages) {
    const more = messageTokens(message);
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

/** The prompt for a summary. As in the prompt of a reply, each message stands in an element that names its author, with a nonce of its own. */
function summaryPrompt(
  { character }: Pick<ReplyTask, 'character'>,
  known: string | null,
  messages: readonly PromptMessage[],
  maxWords: number,
): PromptTurn[] {
  const elements = new PromptElements(newNonce());
  const rules = [
    `You keep the notes of @${character.handle}, one of the characters in a chat room: what was said before, for their later replies.`,
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
  let clipped = text.trim();
  while (estimateTokens(clipped) > maxTokens) clipped = cutText(clipped, Math.floor(clipped.length * 0.9));
  return clipped.toWellFormed();
}
