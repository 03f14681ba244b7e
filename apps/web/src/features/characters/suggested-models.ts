import { agentModel, isModelName, type ListedModels } from '@parley/contracts';

/** The models that a character’s form offers: those that providers list, those that the server names, and a program of one’s own. */
export function suggestedModels(listed: ListedModels | undefined): string[] {
  if (!listed) return [];
  const named = (listed.allowed ?? []).filter(isModelName);
  return [...new Set([...named, ...listed.providers.flatMap(({ models }) => models), agentModel])];
}

/** What the form says of models: the default one, and which providers give no list. */
export function modelHint(listed: ListedModels | undefined): string {
  const byDefault = listed?.defaultModel ? `empty for ${listed.defaultModel}` : 'empty for this server’s default';
  const problems = (listed?.providers ?? []).flatMap(({ problem }) => problem ?? []);
  return [`provider:model, or “agent” for a program of yours; ${byDefault}.`, ...problems].join(' ');
}
