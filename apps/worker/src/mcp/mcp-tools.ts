import { createHash } from 'node:crypto';
import { mcpToolMark } from '@parley/contracts';
import type { ReachableServer } from '@parley/core/mcp/reachable-servers';
import { estimateTokens } from '@parley/core/prompts/build-prompt';
import { PromptElements } from '@parley/core/prompts/prompt-elements';
import type { ReplyTool } from '@parley/core/replies/tools/reply-tool';
import type { GivenTools, McpServers } from './mcp-servers.js';
import type { OfferedTool } from './offered-tools.js';

/** How many tools of MCP servers one answer is given: more confuse models, and providers take some 128. */
const maxTools = 40;
/** The longest name of a tool that all providers take. */
const maxNameLength = 64;

export interface McpToolsOptions {
  /** That of the prompt: what servers say stands in its elements. */
  nonce: string;
  /** Tokens that their definitions together may take. */
  maxTokens: number;
}

/**
 * The tools of MCP servers as a model may call them: the first that fit. A server is sent what the model wrote as arguments, and nothing that
 * says whose room it is.
 */
export function mcpTools(
  servers: Pick<McpServers, 'call'>,
  given: readonly GivenTools[],
  { nonce, maxTokens }: McpToolsOptions,
): ReplyTool[] {
  const elements = new PromptElements(nonce);
  const offered = given.flatMap(({ server, tools }) => tools.map((tool) => ({ server, tool })));
  const names = namesOf(offered);
  const tools: ReplyTool[] = [];
  let left = maxTokens;
  for (const [at, { server, tool }] of offered.entries()) {
    const made = replyTool(servers, { server, tool, name: names[at]!, elements });
    const { name, description, inputSchema } = made;
    left -= estimateTokens(JSON.stringify({ name, description, inputSchema }));
    if (left < 0 || tools.length === maxTools) break;
    tools.push(made);
  }
  return tools;
}

interface Named {
  server: ReachableServer;
  tool: OfferedTool;
  name: string;
  elements: PromptElements;
}

function replyTool(servers: Pick<McpServers, 'call'>, { server, tool, name, elements }: Named): ReplyTool {
  // Who does not trust a server does not believe what it says of its tools either.
  const changes = !(server.trusted && tool.readOnly);
  return {
    name,
    server: server.name,
    description: elements.described(server.name, tool.description === '' ? tool.name : tool.description),
    inputSchema: tool.inputSchema,
    repeatable: !changes,
    changes,
    permission: `mcp:${server.id}:${tool.name}`,
    form: formOf(server, tool),
    asked: (args) => inShort(args),
    call: (args, signal) => servers.call(server, tool.name, fieldsOf(args), signal),
  };
}

/** A digest of where a tool is and what it says of itself. */
function formOf({ url, command }: ReachableServer, { name, description, inputSchema, readOnly }: OfferedTool): string {
  const whole = JSON.stringify([url, command, name, description, inputSchema, readOnly]);
  return createHash('sha256').update(whole).digest('base64url').slice(0, 24);
}

/**
 * A name for each tool, that all providers take: the server's and the tool's. Where a name had to be changed or is somebody else's too, it
 * ends in a mark made of which tool it is, so that a call never reaches another one.
 */
function namesOf(offered: readonly { server: ReachableServer; tool: OfferedTool }[]): string[] {
  const plain = offered.map(({ server, tool }) => `${slugOf(server.name)}${mcpToolMark}${tool.name}`);
  const seen = new Map<string, number>();
  for (const name of plain) seen.set(name, (seen.get(name) ?? 0) + 1);
  return offered.map(({ server, tool }, at) => {
    const name = plain[at]!;
    if (seen.get(name) === 1 && /^[a-zA-Z0-9_-]+$/.test(name) && name.length <= maxNameLength) return name;
    const mark = createHash('sha256').update(`${server.id}:${tool.name}`).digest('hex').slice(0, 8);
    return `${name.replaceAll(/[^a-zA-Z0-9_-]/g, '_').slice(0, maxNameLength - mark.length - 1)}_${mark}`;
  });
}

/** The beginning of a server's name in letters that all providers take. Google wants a letter first. */
function slugOf(name: string): string {
  const slug = name
    .normalize('NFKD')
    .toLowerCase()
    .split(/[^a-z0-9]/)
    .filter((word) => word !== '')
    .join('_')
    .slice(0, 20);
  // The mark between server and tool is the only one.
  return /^[a-z]/.test(slug) ? slug.replace(/_$/, '') : `mcp${slug === '' ? '' : `_${slug}`}`;
}

/** What is asked for, on one line: `query: importer, limit: 3`. */
function inShort(args: unknown): string {
  return Object.entries(fieldsOf(args))
    .slice(0, 20)
    .map(
      ([name, value]) => `${name.slice(0, 40)}: ${typeof value === 'string' ? value.slice(0, 200) : JSON.stringify(value).slice(0, 200)}`,
    )
    .join(', ')
    .slice(0, 400);
}

function fieldsOf(args: unknown): Record<string, unknown> {
  return typeof args === 'object' && args !== null && !Array.isArray(args) ? (args as Record<string, unknown>) : {};
}
