import type { PrivateReply } from '@parley/contracts';
import type { CoreDeps } from '../deps.js';
import { privateReplyView, type PrivateReplyRow } from '../protocol/private-reply-view.js';
import { publishInbox } from '../protocol/publish-membership.js';

/** What a write to a private reply returns. */
export interface WrittenPrivateReply {
  userId: string;
  dismissed: boolean;
  reply: PrivateReplyRow;
}

/** Tells the asker, on all their connections, unless they put it away; and gives the view. */
export function tellAsker(deps: CoreDeps, { userId, dismissed, reply: row }: WrittenPrivateReply): PrivateReply {
  const reply = privateReplyView(row);
  if (!dismissed) publishInbox(deps, userId, { type: 'privateReply', reply });
  return reply;
}
