import type { CoreDeps } from '../deps.js';
import { publishInbox } from '../protocol/publish-membership.js';
import type { ClaimedPrivateReply } from '../jobs/claimed-reply.js';

/** Shows the asker of a private reply its text so far, on all their connections. A lost event does no harm: each carries the whole text. */
export function tellPrivateProgress(deps: Pick<CoreDeps, 'bus' | 'log'>, claim: ClaimedPrivateReply, content: string): void {
  const { id, attempt, roomId, askedBy, message } = claim;
  publishInbox(deps, askedBy.id, {
    type: 'privateReply',
    reply: { id, roomId, attempt, content, status: 'streaming', createdAt: message.createdAt },
  });
}
