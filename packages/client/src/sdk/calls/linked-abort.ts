/** A controller that aborts also when `signal` does. `unlink` it when the work is over, or the signal keeps it for as long as it lives. */
export function linkedAbort(signal: AbortSignal | undefined): { signal: AbortSignal; abort(): void; unlink(): void } {
  const controller = new AbortController();
  const abort = () => controller.abort();
  if (signal?.aborted) abort();
  signal?.addEventListener('abort', abort);
  return { signal: controller.signal, abort, unlink: () => signal?.removeEventListener('abort', abort) };
}
