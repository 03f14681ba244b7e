import { AppError, maxMcpServers, type AttachedMcpServer, type McpServerView } from '@parley/contracts';
import { Prisma } from '@parley/db';
import type { CoreDeps } from '../deps.js';
import type { Actor } from '../sessions/actor.js';
import { adminOfMcp, refuseOthers, whoActs } from './admin-of-mcp.js';
import { attachedJson, mcpServerColumns, mcpServerView, type McpServerRow } from './mcp-server-rows.js';

/** All MCP servers, the oldest first. @throws AppError FORBIDDEN, SESSION_REVOKED, ACCOUNT_DISABLED */
export async function listMcpServers(deps: Pick<CoreDeps, 'db'>, actor: Actor): Promise<McpServerView[]> {
  const [row] = await deps.db.$queryRaw<{ active: boolean; may: boolean }[]>(Prisma.sql`
    with ${adminOfMcp(actor, 'mcpServers.list')} select ${whoActs}`);
  await refuseOthers(deps, actor, row!);
  const rows = await deps.db.$queryRaw<McpServerRow[]>(Prisma.sql`
    select ${mcpServerColumns} from mcp_servers s order by s.created_at, s.id limit ${maxMcpServers}::int`);
  return rows.map(mcpServerView);
}

/** An MCP server. @throws AppError MCP_SERVER_NOT_FOUND */
export async function loadMcpServer({ db }: Pick<CoreDeps, 'db'>, serverId: string): Promise<McpServerView> {
  const [row] = await db.$queryRaw<McpServerRow[]>(
    Prisma.sql`select ${mcpServerColumns} from mcp_servers s where s.id = ${serverId}::uuid`,
  );
  if (!row) throw new AppError('MCP_SERVER_NOT_FOUND');
  return mcpServerView(row);
}

/** The MCP servers of a character, the oldest first. @throws AppError CHARACTER_NOT_FOUND */
export async function listAttachedMcpServers({ db }: Pick<CoreDeps, 'db'>, characterId: string): Promise<AttachedMcpServer[]> {
  const [row] = await db.$queryRaw<{ servers: AttachedMcpServer[] }[]>(Prisma.sql`
    select ${attachedJson(Prisma.sql`ch.id`)} as servers from characters ch where ch.id = ${characterId}::uuid and ch.deleted_at is null`);
  if (!row) throw new AppError('CHARACTER_NOT_FOUND');
  return row.servers;
}
