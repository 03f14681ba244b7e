import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import { CallToolRequestSchema, ListToolsRequestSchema } from '@modelcontextprotocol/sdk/types.js';

export interface BookingServer extends AsyncDisposable {
  url: string;
  /** What was booked, in order: each is an effect. */
  booked: unknown[];
  /** What a booking waits for after it had its effect, before it answers. @default nothing */
  answers: Promise<unknown>;
}

/** An MCP server with one tool, `book`, that changes something. It knows no sessions: what it is asked is in each request. */
export async function startBookingServer(): Promise<BookingServer> {
  const http = createServer((request, response) => {
    void (async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
      const sent = Buffer.concat(chunks).toString();
      const server = new Server({ name: 'booking', version: '1' }, { capabilities: { tools: {} } });
      server.setRequestHandler(ListToolsRequestSchema, () => ({
        tools: [{ name: 'book', description: 'Books a seat.', inputSchema: { type: 'object' as const } }],
      }));
      server.setRequestHandler(CallToolRequestSchema, async ({ params }) => {
        self.booked.push(params.arguments);
        await self.answers;
        return { content: [{ type: 'text', text: `booked as number ${self.booked.length}` }] };
      });
      const transport = new StreamableHTTPServerTransport({ enableJsonResponse: true });
      // The SDK's own types are not strict about what is left out.
      await server.connect(transport as Transport);
      await transport.handleRequest(request, response, sent === '' ? undefined : JSON.parse(sent));
    })().catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => {
    http.listen(0, '127.0.0.1', resolve);
  });
  const self: BookingServer = {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}/mcp`,
    booked: [],
    answers: Promise.resolve(),
    async [Symbol.asyncDispose]() {
      http.closeAllConnections();
      await new Promise((resolve) => {
        http.close(resolve);
      });
    },
  };
  return self;
}
