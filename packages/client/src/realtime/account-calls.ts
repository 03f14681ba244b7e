import { operationNamed } from '@parley/contracts';

/**
 * True for the procedures that begin, renew or end a session, or change an account. They go over HTTP, because they read and set the
 * session's cookie.
 */
export function isAccountCall(path: string): boolean {
  return operationNamed(path)?.scope === 'account';
}
