import { builtInProvider, characterTools, type BudgetLimits, type CharacterTool } from '@parley/contracts';
import type { CoreDeps } from '@parley/core/deps';
import type { PriceTable } from '@parley/core/jobs/model-prices';
import type { ReplyTask } from '@parley/core/jobs/claimed-reply';
import { loadConversation, loadToldMessages } from '@parley/core/memory/load-conversation';
import { builtInPrompt } from '../models/built-in-codec.js';
import type { ResolvedModel } from '../models/providers.js';
import { taskOf } from '@parley/core/prompts/task-of';
import { buildPrompt, estimatePromptTokens, estimateTokens } from '@parley/core/prompts/build-prompt';
import { loadPromptNotes } from '@parley/core/notes/prompt-notes';
import type { PromptContext } from '@parley/core/prompts/prompt-context';
import { newNonce } from '@parley/core/prompts/prompt-elements';
import { promptHash } from '@parley/core/prompts/prompt-hash';
import { promptContextOf, promptMessageOf } from '@parley/core/prompts/prompt-context-of';
import { toolTurns } from '@parley/core/prompts/tool-turns';
import type { ReplyTool } from '@parley/core/replies/tools/reply-tool';
import { roomTools } from '@parley/core/replies/tools/room-tools';
import { loadGivenServers } from '@parley/core/mcp/reachable-servers';
import type { GivenTools, McpServers } from '../mcp/mcp-servers.js';
import { mcpTools } from '../mcp/mcp-tools.js';
import { fetchUrlTool, standsIn, type FetchUrlOptions } from '../tools/fetch-url.js';
import type { PaidModel } from './call-cost.js';
import { prepareCatchUp } from './prepare-catch-up.js';
import type { PreparedCall, PreparedTools } from './prepared-call.js';
import { receiptOf } from './prompt-receipt.js';
import { recallRoom } from './room-memory.js';
import type { ModelTimeLimits } from './stream-model.js';

export interface PrepareSettings extends ModelTimeLimits {
  /** Tokens a prompt may hold, by a conservative estimate. */
  maxPromptTokens: number;
  /** What calls may use in a day and a month. */
  budgets: BudgetLimits;
  prices: PriceTable;
  /** Where `fetch_url` may go; null where whoever runs the server does not allow it. */
  fetchUrl: FetchUrlOptions | null;
  /** The MCP servers that this process calls. */
  mcp: Pick<McpServers, 'given' | 'call'>;
}

/** The part of a prompt's tokens that is kept for what tools find. */
const toolShare = 1 / 3;

/** Those of these tools that there are here. */
function toolsAmong(tools: readonly string[], { fetchUrl }: Pick<PrepareSettings, 'fetchUrl'>): CharacterTool[] {
  return characterTools.filter((name) => tools.includes(name) && (name !== 'fetch_url' || fetchUrl));
}

function tokensOfTools({ maxPromptTokens }: Pick<PrepareSettings, 'maxPromptTokens'>): number {
  return Math.floor(maxPromptTokens * toolShare);
}

/**
 * The fewest tokens that are left for the rest in a prompt of this character: less than the whole where it has tools.
 *
 * @throws errors of the database
 */
export async function tokensBesideTools(
  deps: Pick<CoreDeps, 'db'>,
  { id, tools }: Pick<ReplyTask['character'], 'id' | 'tools'>,
  settings: Pick<PrepareSettings, 'fetchUrl' | 'maxPromptTokens'>,
): Promise<number> {
  const has = toolsAmong(tools, settings).length > 0 || (await loadGivenServers(deps, id)).length > 0;
  return settings.maxPromptTokens - (has ? tokensOfTools(settings) : 0);
}

/** How many messages the built-in model searches and summarises. */
const builtInMessages = 500;

/** What says what calls to a model cost. */
export function paidModelOf({ name, maxOutputTokens }: ResolvedModel, { prices }: Pick<PrepareSettings, 'prices'>): PaidModel {
  return { name, maxOutputTokens, prices };
}

/**
 * Prepares what a model is asked for one reply: only what the character may know.
 *
 * @throws the signal's reason; errors of the database
 */
export async function prepareCall(
  deps: CoreDeps,
  claimed: ReplyTask,
  resolved: ResolvedModel,
  whole: PrepareSettings,
  signal: AbortSignal,
): Promise<PreparedCall> {
  const { character, request } = claimed;
  const scope = request.scope ?? taskOf(request.trigger.kind).messages ?? null;
  const claim = { ...claimed, request: { ...request, scope } };
  const builtIn = resolved.model.provider === builtInProvider;
  if (scope?.kind === 'rooms')
    return await prepareCatchUp(deps, claim, scope, {
      builtIn,
      maxPromptTokens: whole.maxPromptTokens,
      model: resolved.name,
    });
  const wanted = !builtIn && taskOf(request.trigger.kind).usesTools ? character.tools : [];
  const names = toolsAmong(wanted, whole);
  const nonce = newNonce();
  const offered = builtIn || !taskOf(request.trigger.kind).usesTools ? [] : await offeredByServers(deps, claim, whole, signal);
  const shareOfTools = tokensOfTools(whole);
  // What servers say of their tools takes at most half of what tools may take; the rest is for what they find.
  const others = mcpTools(whole.mcp, offered, { nonce, maxTokens: Math.floor(shareOfTools / 2) });
  const told = [...names, ...others.map(({ name }) => name)];
  const maxToolTokens = told.length > 0 ? shareOfTools : 0;
  const settings = { ...whole, maxPromptTokens: whole.maxPromptTokens - maxToolTokens };
  const known = await loadPromptNotes(deps, claim);
  if (builtIn) {
    const conversation = await loadConversation(deps, claim, { limit: builtInMessages, scope });
    const context = promptContextOf(claim, conversation, null, [], known);
    const prompt = {
      ...receiptOf(
        claim,
        context,
        settings,
        conversation.map(({ seq }) => seq),
        known,
      ),
      hash: promptHash(context),
      nonce: null,
      leftOut: 0,
      tokens: null,
    };
    // It writes its links itself.
    return {
      call: { prompt: [], providerOptions: builtInPrompt(context) },
      promptTokens: 0,
      marks: null,
      basis: { prompt, earlier: null },
      tools: null,
    };
  }
  const memory = await recallRoom(deps, claim, settings.maxPromptTokens);
  signal.throwIfAborted();
  const context = promptContextOf(claim, memory.conversation, memory.earlier?.text ?? null, told, known);
  const { turns, sources, shown, notes, leftOut, tokens } = buildPrompt(context, { maxTokens: settings.maxPromptTokens, nonce });
  const given = new Set(shown.map(({ id }) => id));
  const seqs = memory.conversation.filter(({ messageId }) => given.has(messageId)).map(({ seq }) => seq);
  const { temperature } = character;
  return {
    call: { prompt: turns, ...(temperature === null ? {} : { temperature }) },
    promptTokens: estimatePromptTokens(turns),
    marks: { sources, marksOwn: taskOf(request.trigger.kind).cites },
    basis: {
      prompt: {
        ...receiptOf(claim, context, settings, seqs, notes),
        hash: promptHash(turns),
        nonce,
        leftOut,
        tokens,
        summarisedFrom: memory.earlier?.firstSeq ?? null,
      },
      earlier: memory.earlier,
    },
    tools:
      told.length > 0
        ? preparedTools(deps, claim, {
            names,
            others,
            nonce,
            sources,
            maxTokens: maxToolTokens - tokensOf(others),
            context,
            fetchUrl: whole.fetchUrl,
          })
        : null,
  };
}

/** What the MCP servers of the character offer now. */
async function offeredByServers(
  deps: Pick<CoreDeps, 'db'>,
  { character }: ReplyTask,
  { mcp }: Pick<PrepareSettings, 'mcp'>,
  signal: AbortSignal,
): Promise<GivenTools[]> {
  const servers = await loadGivenServers(deps, character.id);
  return servers.length > 0 ? await mcp.given(servers, signal) : [];
}

/** The tokens that the definitions of tools take. */
function tokensOf(tools: readonly ReplyTool[]): number {
  return tools.reduce(
    (sum, { name, description, inputSchema }) => sum + estimateTokens(JSON.stringify({ name, description, inputSchema })),
    0,
  );
}

interface ToolsOf extends Pick<PrepareSettings, 'fetchUrl'> {
  names: readonly CharacterTool[];
  /** Tools of MCP servers. */
  others: readonly ReplyTool[];
  nonce: string;
  sources: string[];
  maxTokens: number;
  context: PromptContext;
}

function preparedTools(
  deps: Pick<CoreDeps, 'db'>,
  claim: ReplyTask,
  { names, others, nonce, sources, maxTokens, context, fetchUrl }: ToolsOf,
): PreparedTools {
  /** What the model was given that others wrote: in it an address may stand. */
  let given: string[] = [];
  const said = [
    ...context.messages.filter(({ own }) => !own).map(({ content }) => content),
    ...(context.notes ?? []).map(({ text }) => text),
  ];
  const tools: Partial<Record<CharacterTool, ReplyTool>> = {
    ...roomTools(deps, claim, sources),
    ...(fetchUrl && {
      fetch_url: fetchUrlTool(fetchUrl, (address) =>
        [...said, claim.request.question ?? '', ...given].some((text) => standsIn(text, address)),
      ),
    }),
  };
  return {
    tools: [...names.flatMap((name) => tools[name] ?? []), ...others],
    async turns(steps) {
      const found = steps.flatMap(({ calls }) => calls.flatMap(({ result }) => result ?? []));
      const seqs = found.flatMap((result) => (result.kind === 'messages' ? result.seqs : []));
      const toldMessages = await loadToldMessages(deps, claim, [...new Set(seqs)]);
      const messages = new Map(toldMessages.map((message) => [message.seq, promptMessageOf(claim, message)]));
      given = [
        ...[...messages.values()].filter(({ own }) => !own).map(({ content }) => content),
        ...found.flatMap((result) => (result.kind === 'text' ? result.text : [])),
      ];
      const wantsNotes = found.some(({ kind }) => kind === 'notes');
      const told = wantsNotes ? await loadPromptNotes(deps, { ...claim, request: { ...claim.request, scope: null } }) : [];
      const notes = new Map(told.map((note) => [note.id, note]));
      return toolTurns(steps, { nonce, sources, messages, notes, maxTokens });
    },
  };
}
