/** Names of models: `provider:model`. A name becomes part of a request to a provider, and decides what the request costs. */

/** Providers, and the model of each that answers where the operator names none. */
export const namedModels = {
  openai: 'gpt-5.4-mini',
  anthropic: 'claude-haiku-5-5',
  google: 'gemini-flash-latest',
} as const;

export type ModelProvider = keyof typeof namedModels;

/** The model that needs no provider and costs nothing. */
export const builtInProvider = 'built-in';

/** The name of a model that is none: whoever made the character has a program write its answers. See docs/agents.md. */
export const agentModel = 'agent';

/**
 * The form of a name. The model's id is made of words that begin with a letter or a digit, with single marks between them, as in
 * `openai:llama3:8b` and `openai:@cf/meta/llama-3.1`, or two colons, as in `openai:ft:gpt-4o-mini:personal::9abc`. So no part of it is `..`, and none is empty.
 */
export const modelNamePattern = /^[a-z][a-z-]{0,31}:@?[A-Za-z0-9][\w.-]*(?:(?:::?|[/@])[A-Za-z0-9][\w.-]*)*$/;

/** The longest name, in UTF-16 units. */
export const maxModelNameLength = 160;

/** Splits a name at its first colon: the model id may hold colons itself (`openai:llama3:8b`). */
export function splitModelName(name: string): { provider: string; modelId: string } {
  const colon = name.indexOf(':');
  return colon === -1 ? { provider: name, modelId: '' } : { provider: name.slice(0, colon), modelId: name.slice(colon + 1) };
}

/** True for a name in the form of {@link modelNamePattern}. It says nothing of whether there is such a model. */
export function isModelName(name: string): boolean {
  return name.length <= maxModelNameLength && modelNamePattern.test(name);
}

/** The models that characters may name. A character that names none has the default model, whatever this list holds. */
export interface ModelList {
  /** Names, and `provider:*` for every model of a provider. */
  readonly names: readonly string[];
  /** True for a model of the list, and for the built-in model. */
  allows(name: string): boolean;
}

/**
 * Makes the list of models that characters may name.
 *
 * @param allowed MODELS_ALLOWED; undefined for the default model and the one that is named for its provider
 * @param defaultModel `provider:model`, or `built-in`
 */
export function modelList(allowed: readonly string[] | undefined, defaultModel: string): ModelList {
  const { provider } = splitModelName(defaultModel);
  const named = Object.hasOwn(namedModels, provider) ? [`${provider}:${namedModels[provider as ModelProvider]}`] : [];
  const names = [...new Set(allowed ?? [defaultModel, ...named])];
  return {
    names,
    allows(name) {
      const { provider: asked } = splitModelName(name);
      if (asked === builtInProvider) return true;
      return isModelName(name) && (names.includes(name) || names.includes(`${asked}:*`));
    },
  };
}
