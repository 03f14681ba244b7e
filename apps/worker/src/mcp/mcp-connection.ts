import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport, StreamableHTTPError } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import {
  CallToolResultSchema,
  ErrorCode,
  isJSONRPCRequest,
  McpError,
  ToolListChangedNotificationSchema,
  type JSONRPCMessage,
} from '@modelcontextprotocol/sdk/types.js';
import { maxMcpTools } from '@parley/contracts';
import type { ReachableServer } from '@parley/core/mcp/reachable-servers';
import { z } from 'zod';
import { guardedFetch, type GuardedFetchOptions } from './guarded-fetch.js';
import { McpProblem, saidBy } from './mcp-problem.js';
import { offeredTools, type OfferedTool } from './offered-tools.js';
import { toolResultOf } from './tool-result.js';
import { startStdio, type StdioCommand } from './stdio-transport.js';
import type { ToolResult } from '@parley/core/replies/tools/reply-tool';

export interface ConnectOptions extends Pick<GuardedFetchOptions, 'allowed' | 'resolve'> {
  /** The commands that whoever runs this server lists, by their names. */
  commands: Readonly<Record<string, StdioCommand>>;
  /** The groups of processes that run, by their numbers. */
  groups: Set<number>;
  /** Is told that the tools changed. */
  onChanged(): void;
  /** Is told that the connection is over, and why, unless it was closed. */
  onEnd(problem: McpProblem): void;
  /** A line that a command wrote for whoever runs this server. */
  onErrorLine(line: string): void;
}

/** The most bytes of one answer, and of one line of a command. */
const maxAnswerBytes = 1024 * 1024;
/** The longest that a server may take to connect and to list its tools. Answers wait for it. In milliseconds. */
const listMs = 6_000;
/** The longest that one call may take, in milliseconds: less than `ToolCalls` waits, so that the sentence names the server. */
const callMs = 25_000;
/** How often a server may ask something of us, pings among it, before we ask the next of it. Each answer is a request of its own. */
const maxAskedOfUs = 8;
/** Shorter parts of a secret are words such as `Bearer`, in characters. */
const minSecretLength = 8;
/** How many pages of a list of tools are read. */
const maxPages = 10;

/** What a server may say as its list. Each tool is looked at for itself, so that one of a wrong form does not hide the others. */
const listSchema = z.object({ tools: z.array(z.unknown()), nextCursor: z.string().max(10_000).optional() });

/** A connection to an MCP server. Everything it throws is an {@link McpProblem}, or the reason of the signal it was given. */
export class McpConnection {
  readonly #client: Client;
  readonly #transport: Transport;
  readonly #server: ReachableServer;
  readonly #asked: { ofUs: number };
  #broken: McpProblem | null = null;
  #closing = false;
  #ended = false;

  private constructor(client: Client, transport: Transport, server: ReachableServer, asked: { ofUs: number }) {
    this.#client = client;
    this.#transport = transport;
    this.#server = server;
    this.#asked = asked;
  }

  /** @throws McpProblem; the signal's reason */
  static async open(server: ReachableServer, options: ConnectOptions, signal: AbortSignal): Promise<McpConnection> {
    let connection: McpConnection | null = null;
    // No schema of a server is compiled: a validator made of one would run what strangers wrote (patterns that never end, references).
    const client = new Client(
      { name: 'parley', version: '1' },
      {
        capabilities: {},
        jsonSchemaValidator: { getValidator: () => (input) => ({ valid: true, data: input as never, errorMessage: undefined }) },
      },
    );
    let early: McpProblem | null = null;
    const breaks = (problem: McpProblem): void => {
      if (connection) connection.#breaks(problem);
      else {
        early = problem;
        void client.close();
      }
    };
    const transport = transportOf(server, options, breaks);
    const onerror = (error: Error): void => {
      if (error instanceof McpProblem) breaks(error);
      else if (isGarbage(error)) breaks(new McpProblem('It answered with something that is no MCP.', { ends: true, cause: error }));
    };
    const asked = { ofUs: 0 };
    // The client calls this before it answers, and answers nothing once it is closed.
    const onmessage = (message: JSONRPCMessage): void => {
      if (isJSONRPCRequest(message) && ++asked.ofUs > maxAskedOfUs)
        breaks(new McpProblem('It asked more than it answered.', { ends: true }));
    };
    // The SDK has one place for each listener, and no method to add one.
    Object.assign(transport, { onmessage });
    Object.assign(client, { onerror });
    client.setNotificationHandler(ToolListChangedNotificationSchema, () => options.onChanged());
    try {
      await withOwnSignal(signal, (own) => client.connect(transport, { timeout: listMs, signal: own }));
    } catch (error) {
      void client.close().catch(() => {});
      signal.throwIfAborted();
      throw early ?? problemOf(error, server.name, listMs);
    }
    const opened = new McpConnection(client, transport, server, asked);
    connection = opened;
    const onclose = (): void => {
      opened.#ended = true;
      if (!opened.#closing) options.onEnd(opened.#broken ?? brokeOff());
    };
    Object.assign(client, { onclose });
    return opened;
  }

  get isOver(): boolean {
    return this.#ended || this.#closing;
  }

  /** The first tools that the server offers. @throws McpProblem; the signal's reason */
  async listTools(signal: AbortSignal): Promise<OfferedTool[]> {
    const listed: unknown[] = [];
    let cursor: string | undefined;
    for (let page = 0; page < maxPages && listed.length < maxMcpTools; page++) {
      const params = cursor === undefined ? {} : { cursor };
      const { tools, nextCursor } = await this.#ask(signal, listMs, (options) =>
        this.#client.request({ method: 'tools/list', params }, listSchema, options),
      );
      listed.push(...tools.slice(0, maxMcpTools * 10));
      if (nextCursor === undefined || tools.length === 0) break;
      cursor = nextCursor;
    }
    return offeredTools(listed).map((tool) => ({ ...tool, description: this.#withoutSecret(tool.description) }));
  }

  /** Calls a tool. What the tool itself could not do is a failed result. @throws McpProblem; the signal's reason */
  async call(name: string, args: Record<string, unknown>, signal: AbortSignal): Promise<ToolResult> {
    const result = await this.#ask(signal, callMs, (options) =>
      this.#client.request({ method: 'tools/call', params: { name, arguments: args } }, CallToolResultSchema, options),
    );
    const { finding, ...rest } = toolResultOf(result);
    return { ...rest, finding: finding.kind === 'text' ? { ...finding, text: this.#withoutSecret(finding.text) } : finding };
  }

  /** What a server says, but for the secret that it is sent: some say which headers they got. */
  #withoutSecret(text: string): string {
    const { header } = this.#server;
    const parts = header ? [header.value, ...header.value.split(/\s+/)].filter(({ length }) => length >= minSecretLength) : [];
    return parts.reduce((left, part) => left.replaceAll(part, '[secret]'), text);
  }

  async close(): Promise<void> {
    if (this.#closing) return;
    this.#closing = true;
    try {
      if (this.#transport instanceof StreamableHTTPClientTransport && !this.#ended) await this.#transport.terminateSession();
    } catch {
      // The server ends its session by itself, some time.
    }
    await this.#client.close().catch(() => {});
  }

  async #ask<T>(signal: AbortSignal, timeout: number, send: (options: { timeout: number; signal: AbortSignal }) => Promise<T>): Promise<T> {
    signal.throwIfAborted();
    this.#asked.ofUs = 0;
    try {
      return await withOwnSignal(signal, (own) => send({ timeout, signal: own }));
    } catch (error) {
      signal.throwIfAborted();
      const found = this.#broken ?? problemOf(error, this.#server.name, timeout);
      const { ends, forgotten, cause } = found;
      const detail = this.#withoutSecret(found.detail);
      const problem = new McpProblem(this.#withoutSecret(found.message), { detail, ends, forgotten, cause });
      if (problem.ends) this.#breaks(problem);
      throw problem;
    }
  }

  /** Ends the connection, so that whoever waits for an answer does not wait until their time is up. */
  #breaks(problem: McpProblem): void {
    if (this.#broken || this.#closing) return;
    this.#broken = problem;
    void this.#client.close().catch(() => {});
  }
}

/** Calls the SDK with a signal of its own, because it never takes its listeners off the signal that it is given. */
async function withOwnSignal<T>(signal: AbortSignal, call: (own: AbortSignal) => Promise<T>): Promise<T> {
  const own = new AbortController();
  const forward = (): void => own.abort(signal.reason);
  signal.addEventListener('abort', forward, { once: true });
  try {
    return await call(own.signal);
  } finally {
    signal.removeEventListener('abort', forward);
  }
}

function brokeOff(cause?: unknown): McpProblem {
  return new McpProblem('Its connection broke off.', { ends: true, cause });
}

function transportOf(server: ReachableServer, options: ConnectOptions, onBroken: (problem: McpProblem) => void): Transport {
  if (server.url !== null) {
    const { allowed, resolve } = options;
    // The SDK's own types are not strict about what is left out.
    return new StreamableHTTPClientTransport(new URL(server.url), {
      fetch: guardedFetch({ allowed, resolve, maxBytes: maxAnswerBytes, exchangeMs: callMs + 10_000, onBroken }),
      requestInit: { headers: server.header ? { [server.header.name]: server.header.value } : {} },
      reconnectionOptions: { initialReconnectionDelay: 1_000, maxReconnectionDelay: 1_000, reconnectionDelayGrowFactor: 1, maxRetries: 0 },
    }) as Transport;
  }
  const command = Object.hasOwn(options.commands, server.command ?? '') ? options.commands[server.command ?? ''] : undefined;
  if (!command)
    throw new McpProblem('It could not be started.', {
      detail: `This server lists no command “${server.command ?? ''}”. Whoever runs it lists commands in MCP_STDIO.`,
    });
  return startStdio(command, { maxBytes: maxAnswerBytes, groups: options.groups, onErrorLine: options.onErrorLine });
}

/** Whether the client could not read what the server sent. */
function isGarbage(error: Error): boolean {
  return error instanceof SyntaxError || error instanceof z.ZodError || error.name === 'ZodError' || error.name === '$ZodError';
}

function problemOf(error: unknown, name: string, timeoutMs: number): McpProblem {
  if (error instanceof McpProblem) return error;
  const cause = error;
  if (error instanceof StreamableHTTPError) {
    if (error.code === 404)
      return new McpProblem('It has forgotten who calls.', {
        ends: true,
        forgotten: true,
        cause,
        detail: 'The address was not found there (HTTP 404).',
      });
    if (error.code === 401 || error.code === 403)
      return new McpProblem('It refused the secret.', {
        ends: true,
        cause,
        detail: `It refused the secret, or wants one (HTTP ${error.code}). OAuth is not spoken.`,
      });
    const status = error.code !== undefined && error.code > 0 ? ` (HTTP ${error.code})` : '';
    return new McpProblem(`It does not answer as an MCP server does${status}.`, { ends: true, cause });
  }
  if (error instanceof McpError) {
    if (error.code === (ErrorCode.RequestTimeout as number))
      return new McpProblem(`It did not answer within ${timeoutMs / 1000} seconds.`, { cause });
    if (error.code === (ErrorCode.ConnectionClosed as number)) return brokeOff(cause);
    return new McpProblem(`It refused: ${saidBy(error.message.replace(/^MCP error -?\d+: /, ''))}`, { cause });
  }
  if (error instanceof Error && isGarbage(error))
    return new McpProblem('It answered with something that is no MCP.', { ends: true, cause });
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? ` (${error.code})` : '';
  return new McpProblem('It could not be reached.', { ends: true, cause, detail: `“${name}” could not be reached${code}.` });
}
