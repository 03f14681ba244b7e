/** The sentence to show for a failed call: the server's if it sent one, else what the browser can tell. */
export function errorMessage(error: unknown): string {
  if (isCallError(error) && error.data?.appCode) return error.message;
  if (typeof navigator !== 'undefined' && navigator.onLine === false) return 'You are offline. Try again once you are connected.';
  return 'The server did not answer. Try again in a moment.';
}

/** The input field that the server found at fault; null if it named none. */
export function errorField(error: unknown): string | null {
  return (isCallError(error) && error.data?.field) || null;
}

/** True if a call failed because the server or a part of it is away, so that nothing is wrong with the call itself. */
export function isUnavailable(error: unknown): boolean {
  const code = isCallError(error) ? error.data?.appCode : null;
  return code === undefined || code === null || code === 'UNAVAILABLE';
}

function isCallError(error: unknown): error is Error & { data?: { appCode?: string; field?: string } | null } {
  return error instanceof Error && 'data' in error;
}
