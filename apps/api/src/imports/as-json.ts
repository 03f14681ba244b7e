/** What a text says in JSON; undefined if it is none. */
export function asJson(given: string): unknown {
  try {
    return JSON.parse(given);
  } catch {
    return undefined;
  }
}
