import type { OperationName } from '@parley/contracts';
import type { JsonSchema } from '../../../rest/json-schemas.js';
import type { ToolCalls } from './tool-calls.js';

/** Tells the caller how far a tool is. @param progress grows with each call */
export type TellProgress = (progress: number, words: string) => void;

export interface McpTool {
  name: string;
  description: string;
  inputSchema: JsonSchema & { type: 'object' };
  annotations: { readOnlyHint: boolean; destructiveHint: boolean; idempotentHint: boolean; openWorldHint: boolean };
  /** The operations that the tool always calls. A key that may not call them all is not offered the tool. */
  operations: readonly OperationName[];
  /** @returns what the caller is answered, as JSON */
  call(calls: ToolCalls, input: Record<string, unknown>, tell: TellProgress): Promise<unknown>;
}
