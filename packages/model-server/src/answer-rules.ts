import { z } from 'zod';
import { words, type ModelAnswer, type ModelScript, type RecordedRequest } from './script.js';

/** Answers as JSON, for programs of any language and for `npm run model-server`: docs/model-server.md explains each field. */

const text = z.string().max(1_000_000);
const error = z.strictObject({ message: text, type: text.optional(), code: z.union([text, z.number().int()]).optional() });

const step = z.union(
  [
    text,
    z.strictObject({ text }),
    z.strictObject({ reasoning: text }),
    z.strictObject({ call: z.strictObject({ name: text, arguments: z.record(z.string(), z.unknown()).default({}), id: text.optional() }) }),
    z.strictObject({ waitMs: z.number().min(0).max(3_600_000) }),
    z.strictObject({ raw: text }),
    z.strictObject({ error }),
    z.strictObject({ cut: z.literal(true) }),
    z.strictObject({ close: z.literal(true) }),
    z.strictObject({ stall: z.literal(true) }),
  ],
  'a step is a text, or one of text, reasoning, call, waitMs, raw, error, cut, close, stall',
);

const refusals = ['bad_key', 'rate_limit', 'no_credit', 'overloaded', 'context_too_long', 'content_filter', 'unknown_model'] as const;
const tokens = z.number().int().min(0);
const headers = z.record(z.string(), text).optional();

const ruleSchema = z.strictObject({
  /** Words that the last turn must hold, whatever their case. */
  when: text.optional(),
  model: text.optional(),
  protocol: z.enum(['openai', 'anthropic', 'google']).optional(),
  /** How many requests this answers; after these the rules below it do. */
  times: z.number().int().min(1).optional(),
  /** Sent word by word. */
  text: text.optional(),
  steps: z.array(step).max(100_000).optional(),
  finishReason: z.enum(['stop', 'length', 'content_filter', 'tool_calls']).optional(),
  usage: z.strictObject({ promptTokens: tokens, completionTokens: tokens, cachedTokens: tokens.optional() }).optional(),
  refuse: z.enum(refusals).optional(),
  retryAfterSeconds: z.number().min(0).optional(),
  message: text.optional(),
  status: z.number().int().min(200).max(599).optional(),
  error: error.optional(),
  body: z.union([text, z.record(z.string(), z.unknown()), z.array(z.unknown())]).optional(),
  headers,
});

/** The ways to answer, of which each rule names one. */
const ways = ['text', 'steps', 'refuse', 'status'] as const;

export const answerRulesSchema = z
  .array(
    ruleSchema.refine((rule) => ways.filter((way) => rule[way] !== undefined).length === 1, `say one of ${ways.join(', ')}`),
    'write a list of answers',
  )
  .min(1)
  .max(10_000);

export type AnswerRules = z.infer<typeof answerRulesSchema>;
type AnswerRule = AnswerRules[number];

/** Thrown for rules that are none. The message names the place. */
export class AnswerRulesError extends Error {
  override readonly name = 'AnswerRulesError';
}

/** @throws AnswerRulesError */
export function readAnswerRules(value: unknown): AnswerRules {
  const read = answerRulesSchema.safeParse(value);
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  const path = issue!.path.map(String).join('.');
  throw new AnswerRulesError(`${path === '' ? 'The answers' : `Answer ${path}`}: ${issue!.message}.`);
}

/**
 * Makes a script of rules: the first that fits a request answers it. A request that fits none is answered with status 500 that says so, because
 * whoever wrote the rules wants to know.
 */
export function scriptOf(rules: AnswerRules): ModelScript {
  const left = rules.map(({ times }) => times ?? Infinity);
  return (request) => {
    const index = rules.findIndex((rule, at) => left[at]! > 0 && fits(rule, request));
    if (index === -1) return { status: 500, error: { message: 'no answer is scripted for this request' } };
    left[index]!--;
    return answerOf(rules[index]!);
  };
}

function fits({ when, model, protocol }: AnswerRule, request: RecordedRequest): boolean {
  if (model !== undefined && model !== request.model) return false;
  if (protocol !== undefined && protocol !== request.protocol) return false;
  return when === undefined || (request.turns.at(-1)?.text ?? '').toLowerCase().includes(when.toLowerCase());
}

function answerOf(rule: AnswerRule): ModelAnswer {
  // Fields that are not there and fields that are undefined are the same in JSON: take those that are there.
  const { when: _when, model: _model, protocol: _protocol, times: _times, text: said, ...rest } = rule;
  return JSON.parse(JSON.stringify(said === undefined ? rest : { ...rest, steps: words(said) })) as ModelAnswer;
}
