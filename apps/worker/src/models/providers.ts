import { createAnthropic } from '@ai-sdk/anthropic';
import { createGoogleGenerativeAI } from '@ai-sdk/google';
import { createOpenAI } from '@ai-sdk/openai';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import type { LanguageModelV3, LanguageModelV3CallOptions } from '@ai-sdk/provider';
import {
  builtInProvider,
  isModelName,
  modelList,
  namedModels,
  splitModelName,
  type ModelList,
  type ModelProvider,
} from '@parley/contracts';
import { BuiltInModel } from './built-in-model.js';
import { ModelError } from './model-errors.js';
import { ThoughtHabits, type ThoughtHabit } from './thoughts/thought-habit.js';
import { anthropicWire } from './wire/anthropic-wire.js';
import { googleWire } from './wire/google-wire.js';
import { openaiWire } from './wire/openai-wire.js';
import { providerFetch, type ServerAddress } from './wire/provider-fetch.js';

export type ProviderProtocol = ModelProvider;

/** A provider beside those that have variables of their own; see `providers-file.ts`. */
export interface ProviderSettings {
  name: string;
  protocol: ProviderProtocol;
  baseUrl: string;
  apiKey?: string | undefined;
}

/** The part of the environment that chooses models; `env.ts` fills it in. */
export interface ModelSettings {
  openaiApiKey?: string | undefined;
  /** Any server that speaks OpenAI's chat completions; the key is then optional. The `/v1` at its end may be missing. */
  openaiBaseUrl?: string | undefined;
  anthropicApiKey?: string | undefined;
  /** Any server that speaks Anthropic's messages; the key is then optional. The `/v1` at its end may be missing. */
  anthropicBaseUrl?: string | undefined;
  googleApiKey?: string | undefined;
  /** Any server that speaks Google's generateContent; the key is then optional. The `/v1beta` at its end may be missing. */
  googleBaseUrl?: string | undefined;
  /** Any number more, several of one protocol too. */
  providers?: readonly ProviderSettings[] | undefined;
  /** `provider:model`, or `built-in`. */
  defaultModel?: string | undefined;
  /** The models that stand in, in this order, where a character's model fails: `provider:model`, or `built-in`. @default none */
  fallbacks?: readonly string[] | undefined;
  /** What characters may name. @default the default model and the one named for its provider */
  modelsAllowed?: readonly string[] | undefined;
  /** The most tokens that one call may give, thoughts included. @default 4096 */
  maxOutputTokens?: number | undefined;
  /** Speed of the built-in model; 0 writes everything at once. */
  wordsPerSecond?: number | undefined;
}

export interface ResolvedModel {
  model: LanguageModelV3;
  /** `provider:model`, as replies keep it. */
  name: string;
  /** The most tokens that one call gives, thoughts included. */
  maxOutputTokens: number;
  /** How the model marks its thoughts; null for the built-in model, which has none. */
  habit: ThoughtHabit | null;
}

/** The providers that a room lets answer, beside the built-in model; null or undefined for all. */
type AllowedProviders = readonly string[] | null | undefined;

function isAllowed(name: string, providers: AllowedProviders): boolean {
  const { provider } = splitModelName(name);
  return !providers || provider === builtInProvider || providers.includes(provider);
}

export interface Models {
  /** The model that answers where a character names none. */
  readonly defaultName: string;
  /** The models that characters may name. */
  readonly allowed: ModelList;
  /** Where lists of models can be asked for. */
  readonly providers: readonly ConfiguredProvider[];
  /** Keys, to be kept out of logs. */
  readonly secrets: readonly string[];
  /**
   * @param modelName a character's `provider:model`; null for the default
   * @throws ModelError MODEL_NOT_CONFIGURED whose cause names the variable to set, MODEL_NOT_ALLOWED, PROVIDER_NOT_ALLOWED
   */
  resolve(modelName: string | null, providers?: AllowedProviders): ResolvedModel;
  /** The models that stand in for this one, in order; those that are not configured are left out. */
  fallbacksOf(resolved: Pick<ResolvedModel, 'name'>, providers?: AllowedProviders): ResolvedModel[];
}

/** A provider that has what it needs to be called. */
export interface ConfiguredProvider {
  name: string;
  protocol: ProviderProtocol;
  apiKey: string | undefined;
  /** The operator's own server; null for the provider's. */
  address: ServerAddress | null;
}

/** Providers and the variable that each needs. The first one that is configured gives the default model. */
export const modelProviders: Record<ModelProvider, { variable: string }> = {
  openai: { variable: 'OPENAI_API_KEY or OPENAI_BASE_URL' },
  anthropic: { variable: 'ANTHROPIC_API_KEY or ANTHROPIC_BASE_URL' },
  google: { variable: 'GOOGLE_GENERATIVE_AI_API_KEY or GOOGLE_GENERATIVE_AI_BASE_URL' },
};

function isModelProvider(name: string): name is ModelProvider {
  return Object.hasOwn(modelProviders, name);
}

const defaultMaxOutputTokens = 4_096;

/** What stands at the end of most addresses of a protocol. */
const versions: Record<ProviderProtocol, string> = { openai: '/v1', anthropic: '/v1', google: '/v1beta' };

/** Sent to a server of the operator's own that wants no key, because the SDKs insist on sending one. */
const noKey = 'none';

/** The address of a server of the operator's own; null where none is set. */
function addressOf(url: string | undefined, version: string, variable: string): ServerAddress | null {
  return url === undefined ? null : { baseUrl: withoutSlashes(url), version, variable };
}

/**
 * The id of a Google model as its SDK puts it into the path: what does not belong to `models/x` or `tunedModels/x` is encoded, so that an
 * id is only ever the name of a model.
 */
function googlePath(modelId: string): string {
  const [, kind = '', id = modelId] = /^((?:models|tunedModels)\/)(.*)$/.exec(modelId) ?? [];
  return kind + encodeURIComponent(id);
}

/** The same model, of which no call gives more than so many tokens. */
function withMostOutput(model: LanguageModelV3, maxTokens: number): LanguageModelV3 {
  const bounded = (options: LanguageModelV3CallOptions): LanguageModelV3CallOptions => ({
    ...options,
    maxOutputTokens: Math.min(options.maxOutputTokens ?? maxTokens, maxTokens),
  });
  const { specificationVersion, provider, modelId, supportedUrls } = model;
  return {
    specificationVersion,
    provider,
    modelId,
    supportedUrls,
    doGenerate: (options) => model.doGenerate(bounded(options)),
    doStream: (options) => model.doStream(bounded(options)),
  };
}

function withoutSlashes(url: string): string {
  let end = url.length;
  while (url[end - 1] === '/') end--;
  return url.slice(0, end);
}

/** The providers that the settings configure, in the order in which they give the default model. */
function providersOf(settings: ModelSettings): ConfiguredProvider[] {
  const openai = addressOf(settings.openaiBaseUrl, versions.openai, 'OPENAI_BASE_URL');
  const anthropic = addressOf(settings.anthropicBaseUrl, versions.anthropic, 'ANTHROPIC_BASE_URL');
  const google = addressOf(settings.googleBaseUrl, versions.google, 'GOOGLE_GENERATIVE_AI_BASE_URL');
  const named: ConfiguredProvider[] = [
    { name: 'openai', protocol: 'openai', apiKey: settings.openaiApiKey, address: openai },
    { name: 'anthropic', protocol: 'anthropic', apiKey: settings.anthropicApiKey, address: anthropic },
    { name: 'google', protocol: 'google', apiKey: settings.googleApiKey, address: google },
  ];
  const listed = (settings.providers ?? []).map(({ name, protocol, baseUrl, apiKey }) => ({
    name,
    protocol,
    apiKey,
    address: addressOf(baseUrl, versions[protocol], `“${name}” in PROVIDERS`),
  }));
  return [...named.filter(({ apiKey, address }) => apiKey !== undefined || address), ...listed];
}

/** What makes the models of a provider. */
function makerOf({ name, protocol, apiKey, address }: ConfiguredProvider): (modelId: string) => LanguageModelV3 {
  const baseURL = address && { baseURL: address.baseUrl };
  switch (protocol) {
    case 'openai': {
      const reach = providerFetch(openaiWire, address);
      if (address) {
        const provider = createOpenAICompatible({
          name,
          baseURL: address.baseUrl,
          includeUsage: true,
          fetch: reach,
          ...(apiKey === undefined ? {} : { apiKey }),
        });
        return (modelId) => provider.chatModel(modelId);
      }
      // Chat completions rather than responses: OpenAI and compatible servers then share one wire format, and OpenAI keeps nothing.
      const provider = createOpenAI({ apiKey: apiKey ?? noKey, fetch: reach });
      return (modelId) => provider.chat(modelId);
    }
    case 'anthropic': {
      const provider = createAnthropic({ apiKey: apiKey ?? noKey, fetch: providerFetch(anthropicWire, address), ...baseURL });
      return (modelId) => provider.languageModel(modelId);
    }
    case 'google': {
      const provider = createGoogleGenerativeAI({ apiKey: apiKey ?? noKey, fetch: providerFetch(googleWire, address), ...baseURL });
      return (modelId) => provider.languageModel(googlePath(modelId));
    }
  }
}

/** Makes the models that the settings allow. Reads no environment and opens no connection: a provider is called only for a reply. */
export function createModels(settings: ModelSettings): Models {
  const providers = providersOf(settings);
  const makers = new Map(providers.map((provider) => [provider.name, makerOf(provider)]));
  const habits = new ThoughtHabits();
  const builtIn = new BuiltInModel(settings.wordsPerSecond === undefined ? {} : { wordsPerSecond: settings.wordsPerSecond });
  const builtInName = `${builtInProvider}:${builtIn.modelId}`;
  const firstWithKey = (Object.keys(modelProviders) as ModelProvider[]).find((provider) => makers.has(provider));
  const defaultName =
    settings.defaultModel === undefined
      ? firstWithKey === undefined
        ? builtInName
        : `${firstWithKey}:${namedModels[firstWithKey]}`
      : settings.defaultModel === builtInProvider
        ? builtInName
        : settings.defaultModel;

  const allowed = modelList(settings.modelsAllowed, defaultName);

  /** @throws ModelError */
  const find = (name: string): ResolvedModel => {
    const { provider, modelId } = splitModelName(name);
    if (provider === builtInProvider) return { model: builtIn, name: builtInName, maxOutputTokens: 0, habit: null };
    const make = makers.get(provider);
    if (!isModelName(name) || (!make && !isModelProvider(provider))) {
      const known = [...new Set([...Object.keys(modelProviders), ...makers.keys(), builtInProvider])].join(', ');
      throw new ModelError('MODEL_NOT_CONFIGURED', `“${name}” names no model. Write provider:model, with one of: ${known}.`);
    }
    if (!make) {
      throw new ModelError(
        'MODEL_NOT_CONFIGURED',
        `No key is set for “${provider}”. Ask whoever runs this server.`,
        // Everyone in the room reads the message; whoever runs the server reads the cause, in its log.
        { cause: new Error(`No key is set for “${provider}”. Set ${modelProviders[provider as ModelProvider].variable} on the server.`) },
      );
    }
    const maxOutputTokens = settings.maxOutputTokens ?? defaultMaxOutputTokens;
    return { model: withMostOutput(make(modelId), maxOutputTokens), name, maxOutputTokens, habit: habits.of(name) };
  };

  return {
    defaultName,
    allowed,
    providers,
    secrets: providers.flatMap(({ apiKey }) => apiKey ?? []),
    resolve(modelName, rooms) {
      const resolved = find(modelName ?? defaultName);
      if (modelName !== null && !allowed.allows(resolved.name)) throw new ModelError('MODEL_NOT_ALLOWED');
      if (!isAllowed(resolved.name, rooms)) throw new ModelError('PROVIDER_NOT_ALLOWED');
      return resolved;
    },
    fallbacksOf({ name }, rooms) {
      const names = [...new Set(settings.fallbacks ?? [])].filter((fallback) => {
        const { provider } = splitModelName(fallback);
        return (
          isAllowed(fallback, rooms) && fallback !== name && (provider === builtInProvider ? name !== builtInName : makers.has(provider))
        );
      });
      return names.map(find);
    },
  };
}
