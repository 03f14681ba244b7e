export { checkAiBudget } from './ai-budget.js';
export type { ClaimedPrivateReply, ClaimedReply, ReplyTask } from './claimed-reply.js';
export { jobOfWakeUp, wakeUpOf, type Claimant, type ClaimedJob, type JobFence, type JobKind } from './job.js';
export type { JobLife, Lease, RequeueOutcome } from './job-life.js';

export { decideRetry, type RetryPolicy } from './retry-decision.js';
