import { AppError, builtInProvider, isModelName, namedModels, splitModelName, type ModelProvider } from '@parley/contracts';
import { withAllowedModel } from '../characters/with-allowed-model.js';
import type { ApiServices } from '../services.js';

/**
 * The model that a caller chose by the fields of the chat surface, as `provider:model`; undefined for a caller who chose none. A provider alone
 * stands for the model that is named for it. The workers check again.
 *
 * @throws AppError VALIDATION for half a name, and for a model that this server does not allow
 */
export function chosenModel(
  services: Pick<ApiServices, 'models'>,
  { ai_provider: provider, model }: { ai_provider?: string | null | undefined; model?: string | null | undefined },
): string | undefined {
  const name = fullName(services, provider ?? null, model ?? null);
  if (name === undefined) return undefined;
  if (!isModelName(name)) throw new AppError('VALIDATION', 'model: write provider:model.', { field: 'model' });
  return withAllowedModel(services, { model: name }).model;
}

function fullName({ models }: Pick<ApiServices, 'models'>, provider: string | null, model: string | null): string | undefined {
  if (model === null) {
    if (provider === null) return undefined;
    if (provider === builtInProvider) return `${builtInProvider}:extractive`;
    if (Object.hasOwn(namedModels, provider)) return `${provider}:${namedModels[provider as ModelProvider]}`;
    throw new AppError('VALIDATION', `model: say which model of ${provider}.`, { field: 'model' });
  }
  if (provider !== null) return model.startsWith(`${provider}:`) ? model : `${provider}:${model}`;
  if (isModelName(model) && (Object.hasOwn(namedModels, splitModelName(model).provider) || models?.allows(model))) return model;
  // A model alone is one of the list, if that has only one of this name.
  const named = models?.names.filter((name) => splitModelName(name).modelId === model) ?? [];
  if (named.length === 1) return named[0];
  throw new AppError('VALIDATION', 'ai_provider: say whose model this is.', { field: 'ai_provider' });
}
