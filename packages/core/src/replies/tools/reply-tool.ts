import type { ToolFinding } from '../../jobs/reply-steps.js';

/** What a tool answered. */
export interface ToolResult {
  finding: ToolFinding;
  /** How many things it found. @default not counted */
  found?: number;
  /** True where it could not do what it was asked, and the text says why. @default false */
  failed?: true;
}

/** A tool that a character may call while it writes an answer. It acts with the rights of those who will read the answer. */
export interface ReplyTool {
  name: string;
  /** What it does, for the model. */
  description: string;
  /** JSON schema of its arguments. */
  inputSchema: Record<string, unknown>;
  /** False where doing it twice may do harm: a call that a worker died in is then not made again. */
  repeatable: boolean;
  /** True where a call changes something outside: it waits for whoever asked. */
  changes: boolean;
  /** Names the tool where somebody allows it always: of a tool of this server its name, of one of an MCP server `mcp:<serverId>:<tool>`. */
  permission: string;
  /** A digest of where the tool is and what it says of itself: whoever allows it allows this one. @default it is ours, and stays as it is */
  form?: string;
  /** Name of the MCP server that has it. @default this server has it */
  server?: string;
  /** What a call asks for, in short, for those who read the answer. @param args as the model gave them, unchecked */
  asked(args: unknown): string;
  /** Does one call. What it cannot do it says as a failed result; it throws only what another attempt may mend. */
  call(args: unknown, signal: AbortSignal): Promise<ToolResult>;
}

/** A result that says why a call was not done. */
export function failedCall(text: string): ToolResult {
  return { finding: { kind: 'text', text }, failed: true };
}
