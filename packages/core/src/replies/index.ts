export { claimReply, sweepReplies } from './claim-reply.js';
export type { ClaimedReply, ReplyFence, ReplyWorker } from './claimed-reply.js';
export { finishReply, type ReplyEnd } from './finish-reply.js';
export { loadConversation, type ConversationMessage, type ConversationOptions } from './load-conversation.js';
export { listReplyVersions } from './list-versions.js';
export { regenerateReply, type RegenerateInput } from './regenerate-reply.js';
export { renewLease, type Lease } from './renew-lease.js';
export { requestStop } from './request-stop.js';
export { handBackReply, retryReply, type RequeueOutcome, type Retry } from './requeue-reply.js';
