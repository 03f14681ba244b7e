import { channels, type ListedModels } from '@parley/contracts';
import type { ApiServices } from '../services.js';

/** How long a worker has to answer, in milliseconds: longer than it waits for a provider. */
const answerMs = 6_000;

/** The models that there are, as a worker knows them. Without one: what this process was told that characters may name. */
export async function listedModels({ core, models }: Pick<ApiServices, 'core' | 'models'>): Promise<ListedModels> {
  const listed = await core.bus.request(channels.modelLists, null, { timeoutMs: answerMs });
  return listed ?? { defaultModel: null, allowed: models && [...models.names], providers: [] };
}
