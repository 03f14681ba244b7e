import type { LanguageModelV3FunctionTool, LanguageModelV3ToolCall } from '@ai-sdk/provider';
import { allowedWithinMs, cutText, maxArgumentsLength, maxCallsPerStep, maxReceiptToolText, maxToolSteps } from '@parley/contracts';
import { argumentsOf, isObject, maxArgumentsNesting } from '@parley/core/prompts/tool-turns';
import type { StoredToolCall } from '@parley/core/protocol/receipt';
import { toolCallViews, waitKey, type ReplyStep, type StepCall, type ToolAnswers } from '@parley/core/jobs/reply-steps';
import type { Allowing } from '@parley/core/replies/tools/tool-permissions';
import { failedCall, type ReplyTool, type ToolResult } from '@parley/core/replies/tools/reply-tool';
import { Interruption } from './attempt-outcome.js';

/** The longest that one call of a tool may take, in milliseconds. */
const maxCallMs = 30_000;
/** The most that is kept of a text that a tool gave, in UTF-16 units. */
const maxResultLength = 32_000;

/** The most that is kept of what a provider wants back with a call, as JSON, in UTF-16 units: signatures have some thousand. */
const maxMetadataLength = 64_000;

export interface ToolCallsOptions {
  tools: readonly ReplyTool[];
  /** The attempt that makes the calls. */
  attempt: number;
  /** What was said to calls of earlier attempts that waited. @default nothing */
  answers?: ToolAnswers | undefined;
  /** Who is asked before a call that changes something. */
  allowing(): Promise<Allowing>;
  /** What earlier attempts finished. */
  steps: readonly ReplyStep[];
  /** Keeps the steps. @returns false where another attempt or an end came first */
  keep(steps: readonly ReplyStep[]): Promise<boolean>;
}

/**
 * Does what a model calls, and keeps each step as it begins and as it ends. So an attempt that takes over goes on after the last of them,
 * and knows of a call that a worker died in: it is made again only where that does no harm.
 *
 * A call that changes something is made only if somebody allows it, and is kept before it is made. While it waits for that, nothing goes on:
 * the answer rests ({@link ToolCalls.restMs}), and the attempt that takes it up again finds what was said.
 */
export class ToolCalls {
  #tools: readonly ReplyTool[];
  readonly #attempt: number;
  readonly #answers: ToolAnswers;
  readonly #allowing: ToolCallsOptions['allowing'];
  readonly #keep: ToolCallsOptions['keep'];
  readonly steps: ReplyStep[];

  constructor({ tools, attempt, answers = {}, allowing, steps, keep }: ToolCallsOptions) {
    this.#tools = tools;
    this.#attempt = attempt;
    this.#answers = answers;
    this.#allowing = allowing;
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

  /** How long the answer may rest because a call waits to be allowed, in milliseconds; null where none does. */
  get restMs(): number | null {
    const until = this.#last('waiting').map(({ wait }) => Date.parse(wait!.until));
    return until.length === 0 ? null : Math.max(1_000, Math.min(...until) - Date.now());
  }

  /**
   * Does one step: what the model called at once, as far as it may, but for what waits to be allowed. It is told how many calls beyond were left
   * out: they would fill the prompt, and the message that everyone is sent.
   *
   * @param text what the answer said before the calls
   * @throws the signal's reason; Interruption `fenced`, or `wait` where a call waits
   */
  async run(text: string, calls: readonly LanguageModelV3ToolCall[], signal: AbortSignal): Promise<void> {
    const number = this.steps.length;
    const leftOut = Math.max(0, calls.length - maxCallsPerStep);
    const begun = calls.slice(0, maxCallsPerStep).map((call, at) => this.#begun(call, `${number}.${at}`));
    await this.#askFor(begun);
    this.steps.push({ text: clean(text), calls: begun, ...(leftOut > 0 && { leftOut }) });
    // If nothing is to be done before the answer rests, the statement that lays it down keeps the step.
    if (begun.some(({ state }) => state !== 'waiting')) await this.#save();
    await this.#finish(signal);
  }

  /**
   * Goes on with the last step, which an attempt before this one began. Of calls that may have had an effect and were begun, nobody knows
   * whether they were done; those that waited are made, or not, as was said.
   *
   * @throws as {@link run}
   */
  async takeUp(signal: AbortSignal): Promise<void> {
    // A tool of a server that is not trusted any more may change something, and nobody allowed this call.
    const lost = this.#last('running').filter((call) => !call.repeatable || this.#toolOf(call)?.changes);
    for (const call of lost) call.state = 'unknown';
    const waited = this.#last('waiting');
    if (waited.length > 0) {
      const { userId, there } = await this.#allowing();
      for (const call of waited) {
        const wait = call.wait!;
        const said = this.#answers[waitKey(call.callId, wait)];
        if (!there || wait.for !== userId || said?.answer === 'deny') call.state = 'denied';
        else if (said) {
          call.state = 'running';
          call.allowed = { by: said.by, how: said.answer };
        } else if (Date.parse(wait.until) <= Date.now()) call.state = 'lapsed';
      }
    }
    // What the answer's readers are shown, and what a call that is made now has been before it.
    if (lost.length > 0 || waited.length > 0) await this.#save();
    await this.#finish(signal);
  }

  async #finish(signal: AbortSignal): Promise<void> {
    const running = this.#last('running');
    if (running.length > 0) {
      await Promise.all(running.map((call) => this.#do(call, signal)));
      signal.throwIfAborted();
      await this.#save();
    }
    if (this.restMs !== null) throw new Interruption('wait');
  }

  /** Has those calls wait that change something and are not allowed. */
  async #askFor(calls: StepCall[]): Promise<void> {
    const changing = calls.flatMap((call) => {
      const tool = call.state === 'running' ? this.#tools.find(({ name }) => name === call.tool) : undefined;
      return tool?.changes ? [{ call, tool }] : [];
    });
    if (changing.length === 0) return;
    const { userId, there, permissions } = await this.#allowing();
    for (const { call, tool } of changing) {
      if (!there) call.state = 'denied';
      else if (!permissions.some(({ permission, form }) => permission === tool.permission && form === (tool.form ?? null))) {
        call.state = 'waiting';
        const until = new Date(Date.now() + allowedWithinMs).toISOString();
        const { permission, form } = tool;
        call.wait = { attempt: this.#attempt, for: userId, permission, ...(form === undefined ? {} : { form }), until };
      } else call.allowed = { by: userId, how: 'always' };
    }
  }

  /** The calls of the last step that are in a state. */
  #last(wanted: StepCall['state']): StepCall[] {
    return this.steps.at(-1)?.calls.filter(({ state }) => state === wanted) ?? [];
  }

  /** The calls as a receipt keeps them. */
  forReceipt(): StoredToolCall[] {
    const calls = this.steps.flatMap((step) => step.calls);
    return toolCallViews(this.steps).map((view, at) => {
      const { result, allowed } = calls[at]!;
      return {
        ...view,
        seqs: result?.kind === 'messages' ? result.seqs : [],
        text: result?.kind === 'text' ? cutText(result.text, maxReceiptToolText) : null,
        ...(allowed && { allowed }),
      };
    });
  }

  #begun({ toolCallId, toolName, input, providerMetadata }: LanguageModelV3ToolCall, callId: string): StepCall {
    const tool = this.#tools.find(({ name }) => name === toolName);
    const args = cutText(clean(input), maxArgumentsLength);
    const refused = refusalOf(tool, input);
    return {
      callId,
      id: clean(toolCallId),
      tool: cutText(clean(toolName), 200),
      ...(tool?.server === undefined ? {} : { server: tool.server }),
      args,
      ...(providerMetadata && isStorable(providerMetadata) ? { options: providerMetadata } : {}),
      asked: tool ? oneLine(tool.asked(argumentsOf(args))) : '',
      state: refused === null ? 'running' : 'failed',
      // What changes something is never done twice, whatever the tool says of itself.
      repeatable: tool ? tool.repeatable && !tool.changes : true,
      found: null,
      result: refused === null ? null : { kind: 'text', text: refused },
    };
  }

  async #do(call: StepCall, signal: AbortSignal): Promise<void> {
    const tool = this.#toolOf(call);
    const {
      finding,
      found = null,
      failed = false,
    } = tool ? await within(tool, call, signal) : failedCall('There is no such tool any more, or it has changed since.');
    call.result = finding.kind === 'text' ? { kind: 'text', text: cutText(clean(finding.text), maxResultLength) } : finding;
    call.found = found;
    call.state = failed ? 'failed' : 'done';
  }

  /** The tool of a call. Of one that waited it is the one that was allowed, not another that has its name by now, nor what became of it. */
  #toolOf({ tool, wait }: StepCall): ReplyTool | undefined {
    return this.#tools.find(
      ({ name, permission, form }) =>
        name === tool && (!wait || (wait.permission === permission && (wait.form === undefined || wait.form === form))),
    );
  }

  async #save(): Promise<void> {
    if (!(await this.#keep(this.steps))) throw new Interruption('fenced');
  }
}

/** Why a call is not made; null where it is. */
function refusalOf(tool: ReplyTool | undefined, args: string): string | null {
  if (!tool) return 'There is no such tool.';
  // Who is to allow it has to see all that would be sent.
  if (tool.changes && (args.length > maxArgumentsLength || !isObject(args)))
    return `Give the arguments as one JSON object of at most ${maxArgumentsLength} characters, nested at most ${maxArgumentsNesting} deep.`;
  return null;
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
