import type { ReplyRequest } from '@parley/contracts';
import type { JobKind } from './job.js';

/** The kind of the jobs that ask a character whether it has something to say. */
export const ambientKind: JobKind = 'ambient';

/**
 * What such a job keeps. It holds no text: the message is read when its turn comes, as it is then.
 *
 * @param cause why the character may have something to say, as the cheap rule found it
 * @param callsLeft how many replies the answer may cause, if there is one
 */
export function ambientRequest(messageId: string, cause: string, callsLeft: number): ReplyRequest & { data: { cause: string } } {
  return { trigger: { kind: 'ambient', messageId }, question: null, scope: null, standalone: false, data: { cause }, callsLeft };
}
