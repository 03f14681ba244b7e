import { partsAway, type ServerPart } from '@parley/contracts';

/** The longest wait for an answer, in milliseconds. */
const limitMs = 3_000;

/** Asks a server which of its parts are away. Needs no account. @throws if there is no answer, or one that is no health report */
export async function readAway(origin: string, fetchWith: typeof fetch): Promise<ServerPart[]> {
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), limitMs);
  try {
    const response = await fetchWith(new URL('/health', origin), { signal: stop.signal, credentials: 'omit', cache: 'no-store' });
    const away = partsAway(await response.json());
    if (!away) throw new Error('what answered is no health report');
    return away;
  } finally {
    clearTimeout(timer);
  }
}
