import { mcpServersSuite } from './mcp-servers.contract.js';

mcpServersSuite('postgres');
