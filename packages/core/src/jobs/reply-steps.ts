import { cutText, maxAskedLength, type ToolCallView } from '@parley/contracts';

/** What a tool found: messages and notes of the room, which are named so that nothing deleted is kept, or a text from outside. */
export type ToolFinding = { kind: 'messages'; seqs: number[] } | { kind: 'notes'; ids: string[] } | { kind: 'text'; text: string };

/** A call of a tool that a model made. */
export interface StepCall {
  /** Names the call within its attempt: the step's number and its own, from 0. */
  callId: string;
  /** The id that the provider gave it. */
  id: string;
  tool: string;
  /** As the model wrote them: JSON, perhaps no valid one. */
  args: string;
  /** What the provider wants to have back with the call. */
  options?: Record<string, unknown>;
  asked: string;
  state: ToolCallView['state'];
  /** False where doing it twice may do harm. */
  repeatable: boolean;
  found: number | null;
  /** Null while there is none. */
  result: ToolFinding | null;
}

/** One turn of a model in which it called tools, as `jobs.steps` keeps it: the next attempt goes on after it. */
export interface ReplyStep {
  /** What the answer said in this turn, before the calls. */
  text: string;
  calls: StepCall[];
  /** How many more tools it called at once than may be; nothing else is kept of those. @default 0 */
  leftOut?: number;
}

/** What readers of the answer see of the calls. */
export function toolCallViews(steps: readonly ReplyStep[]): ToolCallView[] {
  return steps.flatMap(({ calls }) =>
    calls.map(({ callId, tool, asked, state, found }) => ({ callId, tool, asked: cutText(asked, maxAskedLength), state, found })),
  );
}
