import { cutText, maxCallsPerStep, maxToolSteps } from '@parley/contracts';
import { isNestedDeeper } from '../is-nested-deeper.js';
import type { ReplyStep, StepCall } from '../jobs/reply-steps.js';
import { estimateTokens } from './build-prompt.js';
import type { PromptMessage, PromptNote } from './prompt-context.js';
import { PromptElements } from './prompt-elements.js';
import { linksToMarks } from './source-marks.js';

/** The turns that follow a prompt, in the form that the providers' SDK takes: the calls that the model made, and what they found. */
export type ToolTurn =
  | {
      role: 'assistant';
      content: (
        | { type: 'text'; text: string }
        | {
            type: 'tool-call';
            toolCallId: string;
            toolName: string;
            input: unknown;
            providerOptions?: Record<string, Record<string, never>>;
          }
      )[];
    }
  | {
      role: 'tool';
      content: { type: 'tool-result'; toolCallId: string; toolName: string; output: { type: 'text'; value: string } }[];
    };

export interface ToolTurnsOptions {
  /** That of the prompt. */
  nonce: string;
  /** Ids of the messages that have a number, by their number: the first has 1. Messages that come new are added at its end. */
  sources: string[];
  /** The messages that the calls found, by their seq, as the character may be told them now. */
  messages: ReadonlyMap<number, PromptMessage>;
  /** The notes of the room that the character may be told of now, by their ids. */
  notes: ReadonlyMap<string, PromptNote>;
  /** Tokens that all results together may take. */
  maxTokens: number;
}

/** The most tokens of one result. */
const maxResultTokens = 4_000;
/** The longest that one message is, in UTF-16 units. */
const maxMessageLength = 4_000;

/**
 * Writes what a model called and what came of it as the turns after its prompt. All results are data of others: they stand in the elements
 * of the prompt, whose names nobody can guess.
 *
 * @returns the turns, and the tokens that they take
 */
export function toolTurns(steps: readonly ReplyStep[], options: ToolTurnsOptions): { turns: ToolTurn[]; tokens: number } {
  const elements = new PromptElements(options.nonce);
  const { sources } = options;
  let left = options.maxTokens;
  let tokens = 0;
  const turns: ToolTurn[] = [];
  const known = new Set<string>();
  for (const [index, { text, calls, leftOut = 0 }] of steps.entries()) {
    const said = linksToMarks(text, new Map(sources.map((id, at) => [id, at + 1])));
    // Some servers give no ids, or the same ones with each answer; providers take a call and its result by them.
    const ids = calls.map(({ id }, at) => {
      const own = id === '' || known.has(id) ? `call_${index}_${at}` : id;
      known.add(own);
      return own;
    });
    // The model wrote them, and could fill the prompt with them.
    const inputs = calls.map(({ args }) => {
      const fits = estimateTokens(args) <= left / 2;
      if (fits) left -= estimateTokens(args);
      return fits ? args : '{}';
    });
    const results = calls.map((call) => {
      const value = resultOf(call, elements, options, Math.min(maxResultTokens, Math.floor(left / 2)));
      left -= estimateTokens(value);
      return value;
    });
    if (leftOut > 0) {
      const note = `Calls that were left out: ${leftOut}. At most ${maxCallsPerStep} tools can be called at once.`;
      results[results.length - 1] += `\n${elements.note(note)}`;
    }
    if (index === maxToolSteps - 1) results[results.length - 1] += `\n${elements.note('No more tools can be called: answer now.')}`;
    turns.push({
      role: 'assistant',
      content: [
        ...(said.trim() === '' ? [] : [{ type: 'text' as const, text: said }]),
        ...calls.map(({ tool, options: given }, at) => ({
          type: 'tool-call' as const,
          toolCallId: ids[at]!,
          toolName: tool,
          input: argumentsOf(inputs[at]!),
          ...(given ? { providerOptions: given as Record<string, Record<string, never>> } : {}),
        })),
      ],
    });
    turns.push({
      role: 'tool',
      content: calls.map(({ tool }, at) => ({
        type: 'tool-result',
        toolCallId: ids[at]!,
        toolName: tool,
        output: { type: 'text', value: results[at]! },
      })),
    });
    tokens += estimateTokens(said) + inputs.reduce((sum, input, at) => sum + estimateTokens(input) + estimateTokens(results[at]!) + 16, 0);
  }
  return { turns, tokens };
}

/** How deep the lists and objects of arguments may stand within each other. */
export const maxArgumentsNesting = 32;

/** What a model wrote as arguments, as an object; empty for what is none, and for one that is nested deeper than it may be. */
export function argumentsOf(args: string): Record<string, unknown> {
  return objectOf(args) ?? {};
}

/** Whether what a model wrote as arguments is an object, and nested no deeper than it may be. */
export function isObject(args: string): boolean {
  return objectOf(args) !== null;
}

function objectOf(args: string): Record<string, unknown> | null {
  try {
    const parsed: unknown = JSON.parse(args);
    const isObjectOnly = typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed);
    return isObjectOnly && !isNestedDeeper(parsed, maxArgumentsNesting) ? (parsed as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

/** What came of a call, within so many tokens. */
function resultOf({ tool, state, result }: StepCall, elements: PromptElements, options: ToolTurnsOptions, maxTokens: number): string {
  const { sources, messages } = options;
  if (state === 'unknown') return elements.note('It is not known whether this was done. It is not done again.');
  if (state === 'denied') return elements.note('Whoever asked did not allow this. It was not done.');
  if (state === 'lapsed') return elements.note('Nobody allowed this in time. It was not done.');
  if (!result) return elements.note('There is no result.');
  if (result.kind === 'text') {
    const text = beginningOf(result.text, maxTokens);
    return elements.result(tool, text) + (text === result.text ? '' : `\n${elements.note('The rest was left out.')}`);
  }
  if (result.kind === 'notes') {
    const found = result.ids.flatMap((id) => options.notes.get(id) ?? []);
    return within(found, (note) => elements.remembered(note), elements, maxTokens);
  }
  const element = (message: PromptMessage): string =>
    elements.message({ ...message, content: cutText(message.content, maxMessageLength) }, numberOf(message, sources));
  const found = result.seqs.flatMap((seq) => messages.get(seq) ?? []);
  return within(found, element, elements, maxTokens);
}

/** As many elements as fit, of which the newest stay. */
function within<Found>(found: readonly Found[], element: (found: Found) => string, elements: PromptElements, maxTokens: number): string {
  if (found.length === 0) return elements.note('Nothing was found.');
  const kept: string[] = [];
  let left = maxTokens;
  for (const each of found.toReversed()) {
    const made = element(each);
    left -= estimateTokens(made);
    if (left < 0) break;
    kept.unshift(made);
  }
  return (kept.length === found.length ? kept : [elements.note('Earlier ones are left out.'), ...kept]).join('\n');
}

/** The number by which the model may cite a message; none for what it said itself. */
function numberOf({ own, id }: PromptMessage, sources: string[]): number | undefined {
  if (own || id === '') return undefined;
  const at = sources.indexOf(id);
  return at === -1 ? sources.push(id) : at + 1;
}

function beginningOf(text: string, maxTokens: number): string {
  let length = text.length;
  while (length > 0 && estimateTokens(text.slice(0, length)) > maxTokens) length = Math.floor(length * 0.8);
  return cutText(text, length);
}
