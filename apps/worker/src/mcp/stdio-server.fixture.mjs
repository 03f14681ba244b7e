// A real MCP server, of the SDK, over its standard streams: for tests. Its argument says how it misbehaves.
import { execFileSync, spawn } from 'node:child_process';
import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import { CallToolRequestSchema, ListToolsRequestSchema } from '@modelcontextprotocol/sdk/types.js';

const [, , how = 'well'] = process.argv;
if (how === 'ends') process.exit(3);
if (how === 'garbage') process.stdout.write('this is no MCP\n');
if (how === 'endless') process.stdout.write('x'.repeat(3 * 1024 * 1024));
process.stderr.write(`started ${how}\n`);
// One that stays when its parent is gone, unless the whole group ends.
const child = how === 'forks' ? spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' }) : null;

const said = (text) => ({ content: [{ type: 'text', text }] });
const server = new Server({ name: 'stdio', version: '1' }, { capabilities: { tools: {} } });
server.setRequestHandler(ListToolsRequestSchema, () => ({
  tools: ['environment', 'crash', 'pids'].map((name) => ({
    name,
    description: `The ${name}.`,
    inputSchema: { type: 'object' },
    annotations: { readOnlyHint: true },
  })),
}));
server.setRequestHandler(CallToolRequestSchema, ({ params: { name } }) => {
  if (name === 'crash') process.exit(1);
  return said(name === 'pids' ? JSON.stringify([process.pid, child?.pid]) : execFileSync('/usr/bin/env', { encoding: 'utf8' }));
});
await server.connect(new StdioServerTransport());
