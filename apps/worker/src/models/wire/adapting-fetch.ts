import { fieldsOf, textOf, type Fields } from './wire-values.js';

/** A parameter that some models of a protocol take otherwise, or not at all. */
export interface Adaptation {
  /** True if the server refused a call in these words because of the parameter. */
  refused(message: string): boolean;
  /** The body as such a model takes it; the same object if the body has no such parameter. */
  apply(body: Fields): Fields;
}

/** How many models are remembered. Beyond this all are forgotten, and each costs one more refused call. */
const maxModels = 1_000;

/**
 * Makes a `fetch` that repeats a call which a model refused for one of its parameters, without that parameter or with its newer name.
 * A server says of itself which names it knows, so this asks in the oldest form first, and remembers by model what was refused.
 *
 * @param refusalOf what a response of status 400 or 422 says, and a response that can still be read
 */
export function adaptingFetch(
  adaptations: readonly Adaptation[],
  refusalOf: (response: Response) => Promise<{ message: string; response: Response }>,
): typeof fetch {
  if (adaptations.length === 0) return (input, init) => fetch(input, init);
  const known = new Map<string, Adaptation[]>();
  return async (input, init) => {
    const body = bodyOf(init);
    if (body === null) return fetch(input, init);
    const model = textOf(body['model']) ?? '';
    for (;;) {
      const learnt = known.get(model) ?? [];
      const adapted = learnt.reduce((now, { apply }) => apply(now), body);
      const response = await fetch(input, adapted === body ? init : { ...init, body: JSON.stringify(adapted) });
      if (response.status !== 400 && response.status !== 422) return response;
      const refusal = await refusalOf(response);
      const next = adaptations.find((one) => !learnt.includes(one) && one.refused(refusal.message) && one.apply(adapted) !== adapted);
      if (!next) return refusal.response;
      if (known.size >= maxModels) known.clear();
      known.set(model, [...learnt, next]);
    }
  };
}

function bodyOf(init: RequestInit | undefined): Fields | null {
  if (typeof init?.body !== 'string') return null;
  try {
    return fieldsOf(JSON.parse(init.body));
  } catch {
    return null;
  }
}
