import type { McpServerView, McpToolView } from '@parley/contracts';
import { Prisma } from '@parley/db';
import { toIso, toIsoOrNull, type Instant } from '../protocol/instant.js';

export interface McpServerRow {
  id: string;
  name: string;
  url: string | null;
  command: string | null;
  headerName: string | null;
  trusted: boolean;
  createdAt: Instant;
  checkedAt: Instant | null;
  problem: string | null;
  tools: McpToolView[];
  characters: number;
}

/** The columns of a server `s`, without its secret. */
export const mcpServerColumns = Prisma.sql`
  s.id, s.name, s.url, s.command, s.header_name as "headerName", s.trusted, s.created_at as "createdAt", s.checked_at as "checkedAt",
  s.problem, s.tools,
  (select count(*)::int from character_mcp_servers a join characters ch on ch.id = a.character_id and ch.deleted_at is null
    where a.server_id = s.id) as characters`;

export function mcpServerView(row: McpServerRow): McpServerView {
  return { ...row, createdAt: toIso(row.createdAt), checkedAt: toIsoOrNull(row.checkedAt) };
}

/** The servers of a character as JSON, the oldest first. @param character the character's id, in SQL */
export function attachedJson(character: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`(
    select coalesce(json_agg(json_build_object('serverId', s.id, 'name', s.name, 'tools', case when a.all_tools then null else a.tools end)
      order by s.created_at, s.id), '[]'::json)
    from character_mcp_servers a join mcp_servers s on s.id = a.server_id where a.character_id = ${character})`;
}
