import type { CompletionEvent } from '@parley/contracts';
import { v7 as uuidv7 } from 'uuid';
import type { ClaimedJob } from '../jobs/job.js';
import type { ReplyTask } from '../jobs/claimed-reply.js';

export const completionKind = 'completion';

/** The id of a completion, whose caller listens to it before it begins. */
export function newCompletionId(): string {
  return uuidv7();
}

/** One message of a conversation that a caller gives. */
export interface GivenMessage {
  role: 'system' | 'user' | 'assistant';
  content: string;
}

/** What is asked of a character that is called as a model. It stands in the job's row while the job is under way. */
export interface CompletionRequest {
  messages: GivenMessage[];
  /** Null: the character's own. */
  temperature: number | null;
  /** Null: as many as the server allows. */
  maxTokens: number | null;
  stop: string[];
}

/** What stands in the job's row in the place of the request once the job has ended, until its caller has taken it. */
export interface CompletionResult {
  text: string;
  end: Extract<CompletionEvent, { type: 'end' | 'failed' }>;
}

/** One attempt at a completion. */
export interface ClaimedCompletion extends ClaimedJob, Pick<ReplyTask, 'askedBy' | 'paidBy'> {
  character: Pick<ReplyTask['character'], 'id' | 'name' | 'handle' | 'systemPrompt' | 'model' | 'temperature'>;
  request: CompletionRequest;
}
