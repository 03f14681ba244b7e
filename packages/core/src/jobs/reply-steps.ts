import { cutText, maxAskedLength, type ToolAnswer, type ToolCallView } from '@parley/contracts';

/** What a tool found: messages and notes of the room, which are named so that nothing deleted is kept, or a text from outside. */
export type ToolFinding = { kind: 'messages'; seqs: number[] } | { kind: 'notes'; ids: string[] } | { kind: 'text'; text: string };

/** A call of a tool that a model made. */
export interface StepCall {
  /** Names the call within its attempt: the step's number and its own, from 0. */
  callId: string;
  /** The id that the provider gave it. */
  id: string;
  tool: string;
  /** Name of the MCP server that has the tool. @default this server has it */
  server?: string;
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
  /** Of a call that waited to be allowed. @default it did not */
  wait?: CallWait;
  /** Of a call that would change something and is made. @default nobody had to allow it, or nobody did */
  allowed?: CallAllowed;
}

export interface CallAllowed {
  /** User id. */
  by: string;
  /** `always` also where that was said to an earlier call. */
  how: Exclude<ToolAnswer, 'deny'>;
}

export interface CallWait {
  /** The attempt that wanted to make the call. */
  attempt: number;
  /** User id of the one who may allow it. */
  for: string;
  /** What is allowed where that one says *always*. */
  permission: string;
  /** What the tool was like: see `ReplyTool.form`. @default not known, or a tool of this server */
  form?: string;
  /** ISO 8601, by the clock of the worker that laid the answer down. */
  until: string;
}

/** Answers to calls that waited, as `jobs.answers` keeps them, by {@link waitKey}. */
export type ToolAnswers = Readonly<Record<string, { answer: ToolAnswer; by: string }>>;

/** Names a call among all that a job ever made: each attempt that begins anew counts its calls from the beginning. */
export function waitKey(callId: string, { attempt }: Pick<CallWait, 'attempt'>): string {
  return `${attempt}/${callId}`;
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
    calls.map(({ callId, tool, asked, state, found, wait }) => ({
      callId,
      tool,
      asked: cutText(asked, maxAskedLength),
      state,
      ...(state === 'waiting' && wait ? { waitsFor: wait.for } : {}),
      found,
    })),
  );
}
