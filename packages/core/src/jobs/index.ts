export { checkAiBudget, countAiUsage } from './ai-budget.js';
export type { ClaimedPrivateReply, ClaimedReply, ReplyFence, ReplyTask, ReplyWorker } from './claimed-reply.js';
export { privateJobId, privateReplyOfJob } from './private-job-id.js';
