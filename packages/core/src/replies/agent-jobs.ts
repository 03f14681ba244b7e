import { agentKinds } from '../jobs/agent-kinds.js';
import { JobLife } from '../jobs/job-life.js';
import { privateReplySink } from './private-reply-sink.js';
import { replySink } from './reply-sink.js';

/** How many answers an agent writes at once is its own decision. */
const places = () => ({ perRoom: undefined, perPerson: undefined });

/**
 * An agent calls a model of its own, if any. What it says that an answer cost is its word alone, which must not use up the tokens that whoever
 * asked has of this server's models.
 */
const free = true;

/** Replies in rooms that agents write: they are replies in all but who claims them. */
export const agentReplyJobs = new JobLife({ ...replySink, kind: agentKinds.reply, wakes: 'job' as const, places, free });

/** Private replies that agents write. */
export const agentPrivateReplyJobs = new JobLife({ ...privateReplySink, kind: agentKinds.private_reply, places, free });
