import { AppError, foldText, type McpCheck, type McpServerView } from '@parley/contracts';
import { Prisma } from '@parley/db';
import { auditEntries } from '../audit/audit-statements.js';
import type { CoreDeps } from '../deps.js';
import { deletePermissions } from '../jobs/permission-statements.js';
import { noteSecurity } from '../security-log.js';
import type { Actor } from '../sessions/actor.js';
import { adminOfMcp, refuseOthers, whoActs } from './admin-of-mcp.js';
import { nameTaken } from './create-mcp-server.js';
import { loadMcpServer } from './list-mcp-servers.js';

/** Fields left out stay as they are. */
export interface McpServerChange {
  serverId: string;
  name?: string | undefined;
  url?: string | undefined;
  /** Null: none is sent any more. */
  header?: { name: string; value: string } | null | undefined;
  trusted?: boolean | undefined;
}

/**
 * Changes an MCP server. A secret is never sent to another host than the one it was given for: with an address of another host it has to be
 * given again.
 *
 * @throws AppError MCP_SERVER_NOT_FOUND; VALIDATION for an address or a header of a command, and for a secret that is missing;
 * USERNAME_TAKEN; FORBIDDEN, SESSION_REVOKED, ACCOUNT_DISABLED
 */
export async function updateMcpServer(
  deps: Pick<CoreDeps, 'db' | 'log'>,
  actor: Actor,
  { serverId, name, url, header, trusted }: McpServerChange,
): Promise<McpServerView> {
  const before = await loadMcpServer(deps, serverId);
  if (before.url === null && (url !== undefined || header !== undefined))
    throw new AppError('VALIDATION', 'A server that is a command has neither an address nor a header. Add a server with an address.', {
      field: url === undefined ? 'header' : 'url',
    });
  const moves = url !== undefined && before.url !== null && new URL(url).origin !== new URL(before.url).origin;
  if (moves && before.headerName !== null && header === undefined)
    throw new AppError('VALIDATION', 'The address is of another host. Give the header with its secret again, or null for none.', {
      field: 'header',
    });
  const [row] = await deps.db.$queryRaw<{ active: boolean; may: boolean; free: boolean; changed: boolean }[]>(Prisma.sql`
    with ${adminOfMcp(actor, 'mcpServers.update')},
    named as (select not exists (select 1 from mcp_servers o where o.name_key = ${foldText(name ?? '')}::text and o.id <> ${serverId}::uuid) as free),
    changed as (
      update mcp_servers s set name = coalesce(${name ?? null}::text, s.name),
        name_key = coalesce(${name === undefined ? null : foldText(name)}::text, s.name_key),
        url = coalesce(${url ?? null}::text, s.url),
        header_name = case when ${header !== undefined}::boolean then ${header?.name ?? null}::text else s.header_name end,
        header_value = case when ${header !== undefined}::boolean then ${header?.value ?? null}::text else s.header_value end,
        trusted = coalesce(${trusted ?? null}::boolean, s.trusted),
        version = s.version + 1
      -- The address that the check above read is still the one there is, so that no secret goes elsewhere.
      from admin cross join named
      where s.id = ${serverId}::uuid and named.free and s.url is not distinct from ${before.url}::text
        and (not ${moves}::boolean or ${header !== undefined}::boolean or s.header_name is null)
      returning s.id, s.name
    ),
    audited as (${auditEntries(
      {
        event: 'mcp.changed',
        by: actor,
        subject: { kind: 'mcp', id: Prisma.sql`changed.id`, name: Prisma.sql`changed.name` },
        detail: { ...(url !== undefined && { host: new URL(url).host }), trusted, secret: header !== undefined },
      },
      Prisma.sql`changed`,
    )})
    select ${whoActs}, (select free from named) as free, exists (select 1 from changed) as changed`);
  await refuseOthers(deps, actor, row!);
  if (name !== undefined && !row!.free) throw nameTaken();
  const after = await loadMcpServer(deps, serverId);
  if (!row!.changed) throw new AppError('CONFLICT', 'Somebody changed this server at the same moment. Try again.');
  noteSecurity(deps.log, 'MCP server changed', { userId: actor.userId, serverId });
  return after;
}

/** Removes an MCP server, from all characters too. @throws AppError MCP_SERVER_NOT_FOUND; FORBIDDEN, SESSION_REVOKED, ACCOUNT_DISABLED */
export async function removeMcpServer(deps: Pick<CoreDeps, 'db' | 'log'>, actor: Actor, serverId: string): Promise<void> {
  const [row] = await deps.db.$queryRaw<{ active: boolean; may: boolean; removed: boolean }[]>(Prisma.sql`
    with ${adminOfMcp(actor, 'mcpServers.remove')},
    removed as (delete from mcp_servers s using admin where s.id = ${serverId}::uuid returning s.id, s.name),
    audited as (${auditEntries(
      { event: 'mcp.removed', by: actor, subject: { kind: 'mcp', id: Prisma.sql`removed.id`, name: Prisma.sql`removed.name` } },
      Prisma.sql`removed`,
    )}),
    unallowed as (${deletePermissions(Prisma.sql`removed`, Prisma.sql`starts_with(p.permission, 'mcp:' || removed.id || ':')`)})
    select ${whoActs}, exists (select 1 from removed) as removed`);
  await refuseOthers(deps, actor, row!);
  if (!row!.removed) throw new AppError('MCP_SERVER_NOT_FOUND');
  noteSecurity(deps.log, 'MCP server removed', { userId: actor.userId, serverId });
}

/** Keeps what a check of an MCP server found. @throws AppError MCP_SERVER_NOT_FOUND; FORBIDDEN, SESSION_REVOKED, ACCOUNT_DISABLED */
export async function keepMcpCheck(
  deps: Pick<CoreDeps, 'db'>,
  actor: Actor,
  { serverId, problem, tools }: McpCheck & { serverId: string },
): Promise<McpServerView> {
  const [row] = await deps.db.$queryRaw<{ active: boolean; may: boolean }[]>(Prisma.sql`
    with ${adminOfMcp(actor, 'mcpServers.check')},
    kept as (
      -- Of a server that is away the tools stay known, so that they can still be chosen.
      update mcp_servers s set checked_at = now(), problem = ${problem}::text,
        tools = case when ${problem}::text is null then ${JSON.stringify(tools)}::jsonb else s.tools end
      from admin where s.id = ${serverId}::uuid
      returning s.id
    )
    select ${whoActs} from (select count(*) from kept) as done`);
  await refuseOthers(deps, actor, row!);
  return await loadMcpServer(deps, serverId);
}
