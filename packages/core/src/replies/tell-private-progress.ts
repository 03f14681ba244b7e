import type { CoreDeps } from '../deps.js';
import { publishInbox } from '../protocol/publish-membership.js';

/** What of a private reply its asker is told while it is written. */
export interface ToldReply {
  id: string;
  attempt: number;
  roomId: string;
  askedBy: { id: string };
  /** `createdAt`: ISO 8601, UTC. */
  message: { createdAt: string };
}

/** Shows the asker of a private reply its text so far, on all their connections. A lost event does no harm: each carries the whole text. */
export function tellPrivateProgress(deps: Pick<CoreDeps, 'bus' | 'log'>, reply: ToldReply, content: string): void {
  const { id, attempt, roomId, askedBy, message } = reply;
  publishInbox(deps, askedBy.id, {
    type: 'privateReply',
    reply: { id, roomId, attempt, content, status: 'streaming', createdAt: message.createdAt },
  });
}
