import { AppError, type AttachedMcpServer } from '@parley/contracts';
import { Prisma } from '@parley/db';
import { auditEntries } from '../audit/audit-statements.js';
import type { CoreDeps } from '../deps.js';
import { noteSecurity } from '../security-log.js';
import type { Actor } from '../sessions/actor.js';
import { adminOfMcp, refuseOthers, whoActs } from './admin-of-mcp.js';
import { listAttachedMcpServers } from './list-mcp-servers.js';

export interface AttachInput {
  characterId: string;
  /** All that the character has from then on. `tools`: null for all. */
  servers: readonly { serverId: string; tools: readonly string[] | null }[];
}

/**
 * Sets which MCP servers a character has, and which of their tools.
 *
 * @throws AppError CHARACTER_NOT_FOUND; MCP_SERVER_NOT_FOUND if one of them is gone; FORBIDDEN, SESSION_REVOKED, ACCOUNT_DISABLED
 */
export async function attachMcpServers(
  deps: Pick<CoreDeps, 'db' | 'log'>,
  actor: Actor,
  { characterId, servers }: AttachInput,
): Promise<AttachedMcpServer[]> {
  const wanted = JSON.stringify(servers.map(({ serverId, tools }) => ({ server_id: serverId, tools })));
  const [row] = await deps.db.$queryRaw<{ active: boolean; may: boolean; exists: boolean; known: number }[]>(Prisma.sql`
    with ${adminOfMcp(actor, 'mcpServers.attach')},
    chosen as (
      select ch.id, ch.handle from characters ch cross join admin where ch.id = ${characterId}::uuid and ch.deleted_at is null for no key update of ch
    ),
    wanted as (
      select s.id, w.tools from jsonb_to_recordset(${wanted}::jsonb) as w(server_id uuid, tools jsonb) join mcp_servers s on s.id = w.server_id
    ),
    complete as (select chosen.id, chosen.handle from chosen where (select count(*) from wanted) = ${servers.length}::int),
    gone as (
      delete from character_mcp_servers a using complete where a.character_id = complete.id and a.server_id not in (select id from wanted)
    ),
    written as (
      insert into character_mcp_servers (character_id, server_id, all_tools, tools)
      select complete.id, wanted.id, coalesce(jsonb_typeof(wanted.tools), 'null') = 'null',
        case when jsonb_typeof(wanted.tools) = 'array' then array(select jsonb_array_elements_text(wanted.tools)) else '{}' end
      from wanted cross join complete
      on conflict (character_id, server_id) do update set all_tools = excluded.all_tools, tools = excluded.tools
      returning server_id
    ),
    audited as (${auditEntries(
      {
        event: 'mcp.attached',
        by: actor,
        subject: { kind: 'character', id: Prisma.sql`complete.id`, name: Prisma.sql`complete.handle` },
        detail: { servers: servers.map(({ serverId }) => serverId) },
      },
      Prisma.sql`complete`,
    )})
    select ${whoActs}, exists (select 1 from chosen) as exists, (select count(*)::int from wanted) as known
    from (select count(*) from written) as done`);
  await refuseOthers(deps, actor, row!);
  if (!row!.exists) throw new AppError('CHARACTER_NOT_FOUND');
  if (row!.known < servers.length) throw new AppError('MCP_SERVER_NOT_FOUND', undefined, { field: 'servers' });
  noteSecurity(deps.log, 'MCP servers of a character set', { userId: actor.userId, characterId });
  return await listAttachedMcpServers(deps, characterId);
}
