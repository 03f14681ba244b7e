import { z } from 'zod';
import * as limits from './limits.js';

/** A tool that an MCP server offers, as it describes itself. */
export const mcpToolViewSchema = z.object({
  /** As the server calls it. */
  name: z.string().max(limits.maxMcpToolNameLength),
  /** The beginning of what the server says that it does. */
  description: z.string().max(limits.maxMcpDescriptionLength),
  /** True where the server says that a call only reads. It is believed of a trusted server. */
  readOnly: z.boolean(),
});
export type McpToolView = z.infer<typeof mcpToolViewSchema>;

/** What a check of an MCP server found. */
export const mcpCheckSchema = z.object({
  /** Why it cannot be used; null where it can. */
  problem: z.string().max(500).nullable(),
  tools: mcpToolViewSchema.array().max(limits.maxMcpTools),
});
export type McpCheck = z.infer<typeof mcpCheckSchema>;

/** A server of tools by the Model Context Protocol, as admins see it. Its secret is shown to nobody. */
export const mcpServerViewSchema = z.object({
  id: z.uuid(),
  name: z.string(),
  /** Where it is; null for a command. */
  url: z.string().nullable(),
  /** The name of a command that whoever runs this server lists in `MCP_STDIO`; null for one with an address. */
  command: z.string().nullable(),
  /** The header that carries its secret; null where none is sent. */
  headerName: z.string().nullable(),
  /** True where its word counts for which of its tools only read. */
  trusted: z.boolean(),
  createdAt: z.iso.datetime(),
  /** When it was last checked; null for never. What follows is of then. */
  checkedAt: z.iso.datetime().nullable(),
  ...mcpCheckSchema.shape,
  /** How many characters have it. */
  characters: z.int().nonnegative(),
});
export type McpServerView = z.infer<typeof mcpServerViewSchema>;

/** An MCP server that a character has. */
export const attachedMcpServerSchema = z.object({
  serverId: z.uuid(),
  name: z.string(),
  /** The tools of it that the character is given, by the server's names for them; null for all. */
  tools: z.string().max(limits.maxMcpToolNameLength).array().max(limits.maxMcpTools).nullable(),
});
export type AttachedMcpServer = z.infer<typeof attachedMcpServerSchema>;
