export { callsFromReply, type CallsFromReply } from './calls-from-reply.js';
export { listReplyVersions } from './list-versions.js';
export { privateReplyJobs, type PrivateEnd } from './private-reply-sink.js';
export { regenerateReply, type RegenerateInput } from './regenerate-reply.js';
export { replyJobs, type ReplyEnd } from './reply-sink.js';
export { requestStop } from './request-stop.js';
export { dismissPrivateReply, stopReply } from './stop-private-reply.js';
export { tellPrivateProgress } from './tell-private-progress.js';
