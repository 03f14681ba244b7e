import { agentKinds } from '../jobs/agent-kinds.js';
import { JobLife } from '../jobs/job-life.js';
import { privateReplySink } from './private-reply-sink.js';
import { replySink } from './reply-sink.js';

/** How many answers an agent writes at once is its own decision. */
const places = () => ({ perRoom: undefined, perPerson: undefined });

/** Replies in rooms that agents write: they are replies in all but who claims them. */
export const agentReplyJobs = new JobLife({ ...replySink, kind: agentKinds.reply, wakes: 'job' as const, places });

/** Private replies that agents write. */
export const agentPrivateReplyJobs = new JobLife({ ...privateReplySink, kind: agentKinds.private_reply, places });
