import { z } from 'zod';

/** The tools of this server that a character may be given. */
export const characterTools = ['search_room', 'read_messages', 'read_notes', 'fetch_url'] as const;
export type CharacterTool = (typeof characterTools)[number];

/** Stands between a server's name and its tool's in the names of the tools of MCP servers; no tool of ours has it. */
export const mcpToolMark = '__';

/** The two names of a tool of an MCP server, which models know as one; a tool of ours has no server's. */
export function namesOfTool(tool: string): { server?: string; own: string } {
  const at = tool.indexOf(mcpToolMark);
  return at < 0 ? { own: tool } : { server: tool.slice(0, at), own: tool.slice(at + mcpToolMark.length) };
}

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

/** How long a call that would change something waits to be allowed, in milliseconds. */
export const allowedWithinMs = 24 * 60 * 60 * 1000;
/** What one may say to such a call: this one; also all later ones of this tool by this character, in this room, for oneself; no. */
export const toolAnswers = ['once', 'always', 'deny'] as const;
export type ToolAnswer = (typeof toolAnswers)[number];

/** The longest name of what is allowed always, in UTF-16 units. */
export const maxPermissionLength = 300;
/** How many tools somebody may allow always, in all rooms together. */
export const maxPermissions = 500;
/** The longest arguments of a call, in UTF-16 units. */
export const maxArgumentsLength = 8_000;
/** The longest that they are where each invisible character is written out. */
export const maxShownLength = 8 * maxArgumentsLength;

/** A call that waits, as the one who may allow it sees it. */
export const waitingCallSchema = z.object({
  callId: z.string().max(64),
  /** The attempt that wants to make it. */
  attempt: z.int().positive(),
  /** Where the tool is: the name of the MCP server; absent for a tool of this server. */
  server: z.string().max(maxPermissionLength).exactOptional(),
  tool: z.string().max(200),
  /** The arguments as they would be sent: JSON, with line breaks, and with characters that cannot be seen written as escapes. */
  args: z.string().max(maxShownLength),
  /** When it lapses, ISO 8601. */
  until: z.iso.datetime(),
  /** What was said already, while other calls of the answer wait; null where nothing was. */
  answer: z.enum(toolAnswers).nullable(),
});
export type WaitingCall = z.infer<typeof waitingCallSchema>;

/** A tool that somebody lets a character use in a room without being asked each time. */
export const toolPermissionSchema = z.object({
  id: z.uuid(),
  room: z.object({ id: z.uuid(), name: z.string() }),
  character: z.object({ id: z.uuid(), name: z.string() }),
  /** Names the tool. */
  permission: z.string().max(maxPermissionLength),
  /** Its name as the character knew it. */
  tool: z.string().max(200),
  since: z.iso.datetime(),
});
export type ToolPermission = z.infer<typeof toolPermissionSchema>;

/** A call of a tool in an answer, as all who read the answer may see it. */
export const toolCallViewSchema = z.object({
  /** Names the call within its attempt. */
  callId: z.string().max(64),
  tool: z.string().max(200),
  /** What the tool was asked, in short: the words of a search, an address. */
  asked: z.string().max(maxAskedLength),
  /**
   * `running`: it has no result yet. `failed`: it said that it could not. `unknown`: its worker died in it, and it is not repeated. Of a call
   * that would change something: `waiting` for somebody to allow it, `denied`, or `lapsed`, because nobody did in time. Neither was made.
   */
  state: z.enum(['running', 'done', 'failed', 'unknown', 'waiting', 'denied', 'lapsed']),
  /** User id of the one who may allow it; absent unless it waits. */
  waitsFor: z.uuid().exactOptional(),
  /** How many things it found; null where that is not counted. */
  found: z.int().nonnegative().nullable(),
});
export type ToolCallView = z.infer<typeof toolCallViewSchema>;
