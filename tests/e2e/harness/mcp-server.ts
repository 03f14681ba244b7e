import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import { CallToolRequestSchema, ListToolsRequestSchema, type CallToolResult, type Tool } from '@modelcontextprotocol/sdk/types.js';

export interface FixtureTool extends Pick<Tool, 'name' | 'description' | 'annotations'> {
  inputSchema?: Record<string, unknown>;
  /** @default says "done" */
  run?(args: Record<string, unknown>): CallToolResult | Promise<CallToolResult>;
}

export interface FixtureServer extends AsyncDisposable {
  url: string;
  /** What it offers; change it as you like. */
  tools: FixtureTool[];
  /** The calls of its tools. */
  calls: { name: string; args: unknown }[];
  /** What each request was sent: its headers and its body. */
  requests: { method: string; headers: IncomingHttpHeaders; body: unknown }[];
  /** Answers a request in the place of the server. @returns false to leave it to the server */
  instead: (request: IncomingMessage, response: ServerResponse, body: unknown) => boolean;
  /** Forgets all sessions, as a server does that was started anew. */
  forget(): void;
}

export const text = (said: string): CallToolResult => ({ content: [{ type: 'text', text: said }] });

/** A real MCP server, of the SDK, over streamable HTTP with sessions. */
export async function startMcpFixture(tools: FixtureTool[] = []): Promise<FixtureServer> {
  const sessions = new Map<string, StreamableHTTPServerTransport>();
  let made = 0;
  const begin = async (): Promise<StreamableHTTPServerTransport> => {
    const transport = new StreamableHTTPServerTransport({
      sessionIdGenerator: () => `session-${++made}`,
      onsessioninitialized: (id) => void sessions.set(id, transport),
    });
    const server = new Server({ name: 'fixture', version: '1' }, { capabilities: { tools: { listChanged: true } } });
    server.setRequestHandler(ListToolsRequestSchema, () => ({
      tools: self.tools.map(({ run: _run, inputSchema = { type: 'object' }, ...tool }) => ({ ...tool, inputSchema }) as Tool),
    }));
    server.setRequestHandler(CallToolRequestSchema, async ({ params: { name, arguments: args = {} } }) => {
      self.calls.push({ name, args });
      const tool = self.tools.find((each) => each.name === name);
      if (!tool) throw new Error(`no tool ${name}`);
      return (await tool.run?.(args)) ?? text('done');
    });
    // The SDK's own types are not strict about what is left out.
    await server.connect(transport as Transport);
    return transport;
  };
  const http = createServer((request, response) => {
    void (async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
      const sent = Buffer.concat(chunks).toString();
      const body: unknown = sent === '' ? undefined : JSON.parse(sent);
      self.requests.push({ method: request.method!, headers: request.headers, body });
      if (self.instead(request, response, body)) return;
      const id = request.headers['mcp-session-id'];
      if (typeof id === 'string' && !sessions.has(id)) {
        response.writeHead(404).end();
        return;
      }
      const transport = typeof id === 'string' ? sessions.get(id)! : await begin();
      await transport.handleRequest(request, response, body);
    })().catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => {
    http.listen(0, '127.0.0.1', resolve);
  });
  const self: FixtureServer = {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}/mcp`,
    tools,
    calls: [],
    requests: [],
    instead: () => false,
    forget: () => sessions.clear(),
    async [Symbol.asyncDispose]() {
      for (const transport of sessions.values()) await transport.close();
      http.closeAllConnections();
      await new Promise((resolve) => {
        http.close(resolve);
      });
    },
  };
  return self;
}

export interface BookingServer extends AsyncDisposable {
  url: string;
  /** What was booked, in order: each is an effect. */
  booked: unknown[];
  /** What a booking waits for after it had its effect, before it answers. @default nothing */
  answers: () => Promise<unknown>;
}

/** An MCP server with one tool, `book`, that changes something. */
export async function startBookingServer(): Promise<BookingServer> {
  const booked: unknown[] = [];
  const server = await startMcpFixture([
    {
      name: 'book',
      description: 'Books a seat.',
      async run(args) {
        const number = booked.push(args);
        await self.answers();
        return text(`booked as number ${number}`);
      },
    },
  ]);
  const self: BookingServer = {
    url: server.url,
    booked,
    answers: () => Promise.resolve(),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
  return self;
}
