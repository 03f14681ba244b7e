import type { LanguageModelV3FunctionTool, LanguageModelV3ToolCall } from '@ai-sdk/provider';
import { cutText, maxCallsPerStep, maxReceiptToolText, maxToolSteps } from '@parley/contracts';
import { argumentsOf } from '@parley/core/prompts/tool-turns';
import type { StoredToolCall } from '@parley/core/protocol/receipt';
import { toolCallViews, type ReplyStep, type StepCall } from '@parley/core/jobs/reply-steps';
import { failedCall, type ReplyTool, type ToolResult } from '@parley/core/replies/tools/reply-tool';
import { Interruption } from './attempt-outcome.js';

/** The longest that one call of a tool may take, in milliseconds. */
const maxCallMs = 30_000;
/** The most that is kept of a text that a tool gave, in UTF-16 units. */
const maxResultLength = 32_000;
/** The most that is kept of the arguments that a model wrote, in UTF-16 units. */
const maxArgumentsLength = 8_000;

/** The most that is kept of what a provider wants back with a call, as JSON, in UTF-16 units: signatures have some thousand. */
const maxMetadataLength = 64_000;

export interface ToolCallsOptions {
  tools: readonly ReplyTool[];
  /** What earlier attempts finished. */
  steps: readonly ReplyStep[];
  /** Keeps the steps. @returns false where another attempt or an end came first */
  keep(steps: readonly ReplyStep[]): Promise<boolean>;
}

/**
 * Does what a model calls, and keeps each step as it begins and as it ends. So an attempt that takes over goes on after the last of them,
 * and knows of a call that a worker died in: it is made again only where that does no harm.
 */
export class ToolCalls {
  #tools: readonly ReplyTool[];
  readonly #keep: ToolCallsOptions['keep'];
  readonly steps: ReplyStep[];

  constructor({ tools, steps, keep }: ToolCallsOptions) {
    this.#tools = tools;
    this.#keep = keep;
    this.steps = structuredClone([...steps]);
  }

  /** Takes the tools of another model's prompt. */
  use(tools: readonly ReplyTool[]): void {
    this.#tools = tools;
  }

  /** The text that the steps say before their calls. */
  get text(): string {
    return this.steps.map(({ text }) => text).join('');
  }

  /** What the model may call. */
  get definitions(): LanguageModelV3FunctionTool[] {
    return this.#tools.map(({ name, description, inputSchema }) => ({ type: 'function', name, description, inputSchema }));
  }

  /** True while the model may call once more. */
  get goesOn(): boolean {
    return this.#tools.length > 0 && this.steps.length < maxToolSteps;
  }

  /**
   * Does one step: what the model called at once, as far as it may. It is told how many calls beyond were left out: they would fill the prompt,
   * and the message that everyone is sent.
   *
   * @param text what the answer said before the calls
   * @throws the signal's reason; Interruption `fenced`
   */
  async run(text: string, calls: readonly LanguageModelV3ToolCall[], signal: AbortSignal): Promise<void> {
    const number = this.steps.length;
    const leftOut = Math.max(0, calls.length - maxCallsPerStep);
    this.steps.push({
      text: clean(text),
      calls: calls.slice(0, maxCallsPerStep).map((call, at) => this.#begun(call, `${number}.${at}`)),
      ...(leftOut > 0 && { leftOut }),
    });
    await this.#save();
    await this.finish(signal);
  }

  /** Does what is left of the last step, which another attempt may have begun. @throws as {@link run} */
  async finish(signal: AbortSignal): Promise<void> {
    const running = this.steps.at(-1)?.calls.filter(({ state }) => state === 'running') ?? [];
    if (running.length === 0) return;
    await Promise.all(running.map((call) => this.#do(call, signal)));
    signal.throwIfAborted();
    await this.#save();
  }

  /** Calls that were begun by an attempt that is over, and may have had an effect: nobody knows. Call this before {@link finish}. */
  giveUpUnknown(): void {
    for (const call of this.steps.at(-1)?.calls ?? []) if (call.state === 'running' && !call.repeatable) call.state = 'unknown';
  }

  /** The calls as a receipt keeps them. */
  forReceipt(): StoredToolCall[] {
    const results = this.steps.flatMap(({ calls }) => calls.map(({ result }) => result));
    return toolCallViews(this.steps).map((view, at) => {
      const result = results[at] ?? null;
      return {
        ...view,
        seqs: result?.kind === 'messages' ? result.seqs : [],
        text: result?.kind === 'text' ? cutText(result.text, maxReceiptToolText) : null,
      };
    });
  }

  #begun({ toolCallId, toolName, input, providerMetadata }: LanguageModelV3ToolCall, callId: string): StepCall {
    const tool = this.#tools.find(({ name }) => name === toolName);
    const args = cutText(clean(input), maxArgumentsLength);
    const refused = tool ? null : 'There is no such tool.';
    return {
      callId,
      id: clean(toolCallId),
      tool: cutText(clean(toolName), 200),
      args,
      ...(providerMetadata && isStorable(providerMetadata) ? { options: providerMetadata } : {}),
      asked: tool ? oneLine(tool.asked(argumentsOf(args))) : '',
      state: refused === null ? 'running' : 'failed',
      repeatable: tool?.repeatable ?? true,
      found: null,
      result: refused === null ? null : { kind: 'text', text: refused },
    };
  }

  async #do(call: StepCall, signal: AbortSignal): Promise<void> {
    const tool = this.#tools.find(({ name }) => name === call.tool);
    const {
      finding,
      found = null,
      failed = false,
    } = tool ? await within(tool, call, signal) : failedCall('There is no such tool any more.');
    call.result = finding.kind === 'text' ? { kind: 'text', text: cutText(clean(finding.text), maxResultLength) } : finding;
    call.found = found;
    call.state = failed ? 'failed' : 'done';
  }

  async #save(): Promise<void> {
    if (!(await this.#keep(this.steps))) throw new Interruption('fenced');
  }
}

/** @throws the signal's reason; what the database threw */
async function within(tool: ReplyTool, { args }: StepCall, signal: AbortSignal): Promise<ToolResult> {
  const timeUp = AbortSignal.timeout(maxCallMs);
  const over = AbortSignal.any([signal, timeUp]);
  const ended = new Promise<never>((_, reject) => {
    over.addEventListener('abort', () => reject(over.reason as Error), { once: true });
  });
  ended.catch(() => {});
  signal.throwIfAborted();
  try {
    return await Promise.race([tool.call(argumentsOf(args), over), ended]);
  } catch (error) {
    signal.throwIfAborted();
    if (timeUp.aborted) return failedCall(`There was no answer within ${maxCallMs / 1000} seconds.`);
    throw error;
  }
}

/** PostgreSQL stores no U+0000, and no lone surrogate. */
function clean(text: string): string {
  return text.replaceAll('\0', '').toWellFormed();
}

/** Whether what a provider wants back with a call can be kept: neither too long for the job's row, nor with what PostgreSQL stores in no JSON. */
function isStorable(metadata: object): boolean {
  const json = JSON.stringify(metadata);
  return json.length <= maxMetadataLength && !/\\u(?:0000|d[89a-f])/i.test(json);
}

function oneLine(text: string): string {
  return clean(text)
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim();
}
