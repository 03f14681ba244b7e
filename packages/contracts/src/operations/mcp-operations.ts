import type { Operation } from './operation.js';

const admin = { who: 'admin', limit: 'changes', scope: 'users:admin' } as const;

/** MCP servers, whose tools characters may be given. */
export const mcpOperations = {
  'mcpServers.list': { ...admin, repeat: 'safe', rest: 'GET /api/mcp-servers', does: 'The MCP servers that characters may be given.' },
  'mcpServers.create': {
    ...admin,
    repeat: 'unsafe',
    rest: 'POST /api/mcp-servers',
    makes: true,
    does: 'Adds an MCP server, with an address or a command of those that the operator lists.',
  },
  'mcpServers.update': {
    ...admin,
    repeat: 'lastWins',
    rest: 'PATCH /api/mcp-servers/{serverId}',
    does: 'Changes where an MCP server is, its secret, its name, or whether it is trusted.',
  },
  'mcpServers.remove': {
    ...admin,
    repeat: 'unsafe',
    rest: 'DELETE /api/mcp-servers/{serverId}',
    does: 'Removes an MCP server, from all characters too.',
  },
  'mcpServers.check': {
    ...admin,
    repeat: 'safe',
    rest: 'POST /api/mcp-servers/{serverId}/check',
    does: 'Connects to an MCP server and says which tools it offers.',
  },
  'mcpServers.attached': {
    who: 'user',
    limit: 'changes',
    repeat: 'safe',
    scope: 'characters:read',
    rest: 'GET /api/characters/{characterId}/mcp-servers',
    does: 'The MCP servers that a character has.',
  },
  'mcpServers.attach': {
    ...admin,
    repeat: 'lastWins',
    rest: 'PUT /api/characters/{characterId}/mcp-servers',
    does: 'Sets which MCP servers a character has, and which of their tools.',
  },
} as const satisfies Record<string, Operation>;
