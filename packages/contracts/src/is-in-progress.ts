import type { ReplyStatus } from './views.js';

/** True for a reply that can still change: `queued` or `streaming`. */
export function isInProgress(status: ReplyStatus | null): status is 'queued' | 'streaming' {
  return status === 'queued' || status === 'streaming';
}
