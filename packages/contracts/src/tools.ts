import { z } from 'zod';

/** The tools of this server that a character may be given. */
export const characterTools = ['search_room', 'read_messages', 'read_notes', 'fetch_url'] as const;
export type CharacterTool = (typeof characterTools)[number];

/** Stands between a server's name and its tool's in the names of the tools of MCP servers; no tool of ours has it. */
export const mcpToolMark = '__';

/** Whether a tool of this name is one of an MCP server. */
export function isMcpTool(name: string): boolean {
  return name.includes(mcpToolMark);
}

/** How often one answer may go to its tools and come back. */
export const maxToolSteps = 6;
/** How many tools a model may call at once; what it calls beyond is refused. */
export const maxCallsPerStep = 4;
/** The longest that {@link ToolCallView.asked} is, in UTF-16 units. */
export const maxAskedLength = 200;

/** A call of a tool in an answer, as all who read the answer may see it. */
export const toolCallViewSchema = z.object({
  /** Names the call within its attempt. */
  callId: z.string().max(64),
  tool: z.string().max(200),
  /** What the tool was asked, in short: the words of a search, an address. */
  asked: z.string().max(maxAskedLength),
  /** `running`: it has no result yet. `failed`: it said that it could not. `unknown`: its worker died in it, and it is not repeated. */
  state: z.enum(['running', 'done', 'failed', 'unknown']),
  /** How many things it found; null where that is not counted. */
  found: z.int().nonnegative().nullable(),
});
export type ToolCallView = z.infer<typeof toolCallViewSchema>;
