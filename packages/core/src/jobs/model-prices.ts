import { microsPerDollar, splitModelName, type Usage } from '@parley/contracts';

/** What a million tokens of a model cost, in millionths of a dollar. */
interface ModelPrice {
  input: number;
  /** Of input that the provider had kept from an earlier call. */
  cachedInput: number;
  output: number;
}

/** Prices by `provider:model`. A name that ends in `*` stands for all that begin so; the longest name that fits counts. */
export type PriceTable = ReadonlyMap<string, ModelPrice>;

/** In dollars for a million tokens, as providers publish them: input, cached input, output. */
type PublishedPrice = readonly [input: number, cachedInput: number, output: number];

/**
 * List prices in dollars for a million tokens, as of 29 November 2026: of OpenAI and Google by GitHub's table of the providers' prices
 * (docs.github.com, "Models and pricing for GitHub Copilot"), of Anthropic by its overview of models (platform.claude.com/docs). Of models
 * whose price rises with the length of the prompt it is the lower one, which holds for prompts of the default length
 * (`REPLY_PROMPT_TOKENS`). `gemini-flash-latest` is priced as Gemini 3.7 Flash, whose price is an introductory one. A table of today ages:
 * whoever holds people to money sets `MODEL_PRICES`.
 */
const listPrices: Record<string, PublishedPrice> = {
  'openai:gpt-5-mini*': [0.25, 0.025, 2],
  'openai:gpt-5.3-codex*': [1.75, 0.175, 14],
  'openai:gpt-5.4*': [2.5, 0.25, 15],
  'openai:gpt-5.4-mini*': [0.75, 0.075, 4.5],
  'openai:gpt-5.4-nano*': [0.2, 0.02, 1.25],
  'openai:gpt-5.5*': [5, 0.5, 30],
  'openai:gpt-5.6-luna*': [0.2, 0.02, 1.2],
  'openai:gpt-5.6-sol*': [5, 0.5, 30],
  'openai:gpt-5.6-terra*': [2, 0.2, 12],
  'anthropic:claude-haiku-4-5*': [1, 0.1, 5],
  'anthropic:claude-haiku-5-5*': [0.1, 0.01, 0.5],
  'anthropic:claude-sonnet-4*': [3, 0.3, 15],
  'anthropic:claude-sonnet-5': [2, 0.2, 10],
  'anthropic:claude-sonnet-5-5*': [2, 0.1, 10],
  'anthropic:claude-opus-4-5*': [5, 0.5, 25],
  'anthropic:claude-opus-4-6*': [5, 0.5, 25],
  'anthropic:claude-opus-4-7*': [5, 0.5, 25],
  'anthropic:claude-opus-4-8*': [5, 0.5, 25],
  'anthropic:claude-opus-5': [5, 0.5, 25],
  'google:gemini-3.1-pro*': [2, 0.2, 12],
  'google:gemini-3.5-flash*': [1.5, 0.15, 9],
  'google:gemini-3.6-flash*': [0.75, 0.075, 3.75],
  'google:gemini-3.7-flash*': [0.75, 0.075, 3.75],
  'google:gemini-flash-latest': [0.75, 0.075, 3.75],
};

export const defaultPrices: PriceTable = new Map(Object.entries(listPrices).map(([name, price]) => [name, published(price)]));

function published([input, cachedInput, output]: PublishedPrice): ModelPrice {
  return { input: inMicros(input), cachedInput: inMicros(cachedInput), output: inMicros(output) };
}

function inMicros(dollars: number): number {
  return Math.round(dollars * microsPerDollar);
}

/** The most dollars that a million tokens may cost, so that no cost is beyond what a number holds exactly. */
const maxPrice = 10_000;

/**
 * Reads `MODEL_PRICES`: JSON such as `{"openai:gpt-5.4-mini": {"input": 0.75, "cachedInput": 0.075, "output": 4.5}}`, in dollars for a
 * million tokens. Without `cachedInput`, cached input costs as much as other. What it names goes before {@link defaultPrices}.
 *
 * @throws Error whose message says what is wrong, for whoever wrote it
 */
export function readModelPrices(text: string): PriceTable {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new Error('it is no JSON');
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json)) throw new Error('it is no object of prices by model');
  const prices = new Map(defaultPrices);
  for (const [name, price] of Object.entries(json as Record<string, unknown>)) {
    const { provider, modelId } = splitModelName(name);
    if (provider === '' || modelId === '') throw new Error(`“${name}” is no provider:model`);
    const { input, output, cachedInput = input, ...more } = (price ?? {}) as Record<string, unknown>;
    if (!isPrice(input) || !isPrice(output) || !isPrice(cachedInput) || Object.keys(more).length > 0) {
      throw new Error(`“${name}” needs input and output, and may have cachedInput: dollars for a million tokens, from 0 to ${maxPrice}`);
    }
    prices.set(name, published([input, cachedInput, output]));
  }
  return prices;
}

function isPrice(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value <= maxPrice;
}

/** What calls of one model cost. */
export interface Spent {
  /** `provider:model`. */
  model: string;
  /** In whole millionths of a dollar. */
  cost: number;
  /** False for a model that the table does not have: it costs nothing in money, and only its tokens are held against limits. */
  priced: boolean;
}

/**
 * What a usage costs by the table, rounded up to the next millionth of a dollar. Cached input is part of the input, and cheaper.
 *
 * @param model `provider:model`
 */
export function costOf(prices: PriceTable, model: string, { inputTokens, cachedTokens = 0, outputTokens }: Usage): Spent {
  const price = priceOf(prices, model);
  if (!price) return { model, cost: 0, priced: false };
  const cached = Math.min(cachedTokens, inputTokens);
  // Tokens times a price for a million of them goes beyond what a number holds exactly.
  const parts = [
    [inputTokens - cached, price.input],
    [cached, price.cachedInput],
    [outputTokens, price.output],
  ] as const;
  const million = 1_000_000n;
  const total = parts.reduce((sum, [tokens, perMillion]) => sum + BigInt(tokens) * BigInt(perMillion), 0n);
  return { model, cost: Number((total + million - 1n) / million), priced: true };
}

function priceOf(prices: PriceTable, model: string): ModelPrice | undefined {
  const exact = prices.get(model);
  if (exact) return exact;
  let best = '';
  for (const name of prices.keys()) {
    if (name.endsWith('*') && name.length > best.length && model.startsWith(name.slice(0, -1))) best = name;
  }
  return prices.get(best);
}

/** The sum of what calls of one attempt cost. */
export function sumOfSpent(one: Spent | null, other: Spent | null): Spent | null {
  if (!one || !other) return one ?? other;
  return { model: other.model, cost: one.cost + other.cost, priced: one.priced && other.priced };
}
