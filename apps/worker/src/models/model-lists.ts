import { isModelName, maxListedModels, type ProviderModels } from '@parley/contracts';
import type { ConfiguredProvider, Models, ProviderProtocol } from './providers.js';
import { basesOf } from './wire/provider-fetch.js';
import { fieldsOf, itemsOf, textOf, type Fields } from './wire/wire-values.js';

/** What a list is worth: new models come seldom, and a wrong key is mended while somebody looks at the form. */
const keepMs = { listed: 600_000, failed: 15_000 };
/** How long a provider may take. Nobody waits longer for a list of suggestions. */
const answerMs = 4_000;
/** The most bytes read of a list. The longest known one, OpenRouter's, has some 500 kB. */
const maxListBytes = 4 * 1_024 * 1_024;

interface Kept {
  list: Promise<ProviderModels>;
  /** By the process's own clock, in milliseconds. */
  until: number;
}

/** The lists of models that the providers give, of those that characters may name. Each is asked for once, then kept for some minutes. */
export class ModelLists {
  readonly #models: Pick<Models, 'providers' | 'allowed'>;
  readonly #kept = new Map<string, Kept>();
  readonly #now: () => number;

  /** @param now @default the process's own clock */
  constructor(models: Pick<Models, 'providers' | 'allowed'>, now: () => number = () => performance.now()) {
    this.#models = models;
    this.#now = now;
  }

  /** Never rejects: a provider that gives no list says why. */
  all(): Promise<ProviderModels[]> {
    return Promise.all(this.#models.providers.map((provider) => this.#of(provider)));
  }

  #of(provider: ConfiguredProvider): Promise<ProviderModels> {
    const kept = this.#kept.get(provider.name);
    if (kept && kept.until > this.#now()) return kept.list;
    const begun: Kept = { list: this.#read(provider), until: Infinity };
    this.#kept.set(provider.name, begun);
    void begun.list.then(({ problem }) => {
      begun.until = this.#now() + (problem === null ? keepMs.listed : keepMs.failed);
    });
    return begun.list;
  }

  async #read(provider: ConfiguredProvider): Promise<ProviderModels> {
    const { name } = provider;
    try {
      const ids = await listedBy(provider);
      const names = [...new Set(ids.map((id) => `${name}:${id}`))].filter(
        (model) => isModelName(model) && this.#models.allowed.allows(model),
      );
      return { name, models: names.toSorted().slice(0, maxListedModels), problem: null };
    } catch (error) {
      return { name, models: [], problem: error instanceof ListProblem ? error.message : `“${name}” did not answer.` };
    }
  }
}

/** Why there is no list, in words that hold nothing of what the provider said. */
class ListProblem extends Error {
  override readonly name = 'ListProblem';
}

/** Where each protocol's own provider is. */
const homes: Record<ProviderProtocol, string> = {
  openai: 'https://api.openai.com/v1',
  anthropic: 'https://api.anthropic.com/v1',
  google: 'https://generativelanguage.googleapis.com/v1beta',
};

const listPaths: Record<ProviderProtocol, string> = { openai: '/models', anthropic: '/models?limit=1000', google: '/models?pageSize=1000' };

function headersOf({ protocol, apiKey }: ConfiguredProvider): Record<string, string> {
  switch (protocol) {
    case 'openai':
      return apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` };
    case 'anthropic':
      return { 'anthropic-version': '2023-06-01', ...(apiKey === undefined ? {} : { 'x-api-key': apiKey }) };
    case 'google':
      return apiKey === undefined ? {} : { 'x-goog-api-key': apiKey };
  }
}

async function listedBy(provider: ConfiguredProvider): Promise<string[]> {
  const { name, protocol, address } = provider;
  const signal = AbortSignal.timeout(answerMs);
  for (const base of address ? basesOf(address) : [homes[protocol]]) {
    const response = await fetch(base + listPaths[protocol], { headers: headersOf(provider), signal });
    const text = await boundedText(response);
    if (response.status === 401 || response.status === 403) throw new ListProblem(`“${name}” refused the server’s key.`);
    const ids = response.ok && text !== null ? idsOf(protocol, text) : null;
    if (ids !== null) return ids;
    if (response.status >= 429) throw new ListProblem(`“${name}” gives no list just now (status ${response.status}).`);
  }
  throw new ListProblem(`“${name}” gives no list of its models.`);
}

/** Models that write no text. Only what their names say of themselves: a list gives no more. */
const otherKinds = /embed|whisper|(?:^|[-_/])tts(?:$|[-_])|dall-e|moderation|transcribe|rerank/i;

/** The ids in a list of the protocol; null if it is none. */
function idsOf(protocol: ProviderProtocol, text: string): string[] | null {
  const list = parsed(text)[protocol === 'google' ? 'models' : 'data'];
  if (!Array.isArray(list)) return null;
  return list.flatMap((entry: unknown) => {
    const fields = fieldsOf(entry);
    const id = protocol === 'google' ? textOf(fields['name'])?.replace(/^models\//, '') : textOf(fields['id']);
    if (!id || otherKinds.test(id)) return [];
    const methods = itemsOf(fields['supportedGenerationMethods']);
    return methods.length > 0 && !methods.includes('generateContent') ? [] : [id];
  });
}

function parsed(text: string): Fields {
  try {
    return fieldsOf(JSON.parse(text));
  } catch {
    return {};
  }
}

/** The body, or null if it is longer than a list is. */
async function boundedText({ body }: Response): Promise<string | null> {
  if (!body) return null;
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > maxListBytes) return null;
    text += decoder.decode(chunk, { stream: true });
  }
  return text;
}
